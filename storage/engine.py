"""Engines and transactions: SQLite and Postgres set up so that a commit is kept and no lock is waited for in vain."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from sqlite3 import OperationalError as SqliteError
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import InvalidatePoolError as Outdated
from sqlalchemy.exc import TimeoutError as PoolTimeout

from metier.errors import ConfigError, DatabaseAway, DatabaseDamaged

__all__ = ["Connection", "Engine", "create", "damaged", "glancing", "reading", "single", "transaction"]

PATIENCE = 15.0
"""Seconds that a transaction waits for others."""
HURRY = 2.0
"""The same of a process that was told to end."""
_SLICES, _SLICE = 0.003, 0.5
"""Seconds that SQLite waits in one go to write, at first and at most: it hears no signal meanwhile, and a process told
to end must. In three milliseconds it looks after one and after three of them; most write for less than ten."""
_RESTED = 1.0
"""Seconds after which a connection of the pool is asked whether its server is still there, before it is used."""
_SQLITE = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}",
    "PRAGMA foreign_keys=ON",
)
_POSTGRES = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    "options": "-c timezone=UTC -c lock_timeout=15s -c statement_timeout=120s "
    "-c idle_in_transaction_session_timeout=60s -c jit=off",
}


def create(url: str) -> Engine:
    """Make the engine of this database URL; nothing connects yet."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # the port may be no number, or what stands there part of a password
        raise ConfigError(
            f"METIER_DATABASE_URL is no database URL: {_redacted(url)}; write "
            "postgresql://user:password@host:5432/name, with %40 for @, %3A for : and %2F for / in the password"
        ) from error
    if parsed.get_backend_name() == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise ConfigError("METIER_DATABASE_URL names no file: write sqlite:////folder/metier.db, or leave it empty")
        return _sqlite(url, parsed.database)
    if parsed.get_backend_name() != "postgresql":
        raise ConfigError(
            f"METIER_DATABASE_URL: {parsed.get_backend_name()} is not supported; use sqlite or postgresql"
        )
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    try:  # parameters are hidden: an error must not carry the text of a posting
        engine = create_engine(
            parsed, hide_parameters=True, pool_size=4, max_overflow=4, pool_timeout=15,
            connect_args=dict(_POSTGRES), json_serializer=partial(json.dumps, ensure_ascii=False),
        )  # fmt: skip
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise ConfigError(f"METIER_DATABASE_URL: {error}; write postgresql://…, with no other driver") from error
    _ask_the_rested(engine)
    return engine


@contextmanager
def transaction(engine: Engine, *, patience: float = PATIENCE) -> Iterator[Connection]:
    """Run one writing transaction: committed at the end, rolled back on any error.

    SQLite lets one write at a time; `patience` says how many seconds to wait for the others.
    """
    chosen = engine if patience == PATIENCE else engine.execution_options(metier_patience=patience)
    with _translated(), chosen.begin() as connection:
        yield connection


@contextmanager
def single(engine: Engine) -> Iterator[Connection]:
    """Run one writing statement as a transaction of its own: Postgres then needs no round trips to begin and commit."""
    if engine.dialect.name != "postgresql":
        with transaction(engine) as connection:
            yield connection
        return
    with _translated(), engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run one reading transaction, which on SQLite makes no writer wait."""
    with _translated(), engine.connect().execution_options(metier_reading=True) as connection:
        yield connection


@contextmanager
def glancing(engine: Engine) -> Iterator[Connection]:
    """Read by statements that need not agree with each other: as `single`, and as `reading` on SQLite."""
    chosen = single if engine.dialect.name == "postgresql" else reading
    with chosen(engine) as connection:
        yield connection


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise DatabaseAway(_explain(error)) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise DatabaseAway(_explain(error)) from error
        if _damaged(error.orig):
            raise damaged(str(error.orig).splitlines()[0]) from error
        raise


def damaged(what: str) -> DatabaseDamaged:
    """Return the error that names what is damaged, and the remedy."""
    return DatabaseDamaged(
        f"the database is damaged ({what}): stop what uses it, keep a copy of it as it is, and restore a backup into a "
        "new one"
    )


def _damaged(said: Any) -> bool:  # Any: the error of either driver
    """Tell whether it is SQLITE_CORRUPT or SQLITE_NOTADB, or data_corrupted or index_corrupted of Postgres."""
    return getattr(said, "sqlite_errorcode", 0) & 0xFF in {11, 26} or getattr(said, "sqlstate", "") in {
        "XX001",
        "XX002",
    }


def _explain(error: Exception) -> str:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    remedy = {
        "disk is full": "free some space; nothing is lost, and what waits for it goes on by itself",
        "No space left": "free some space; nothing is lost, and what waits for it goes on by itself",
        "locked": "another process has held it for long; end what copies or edits the file, then try again",
        "unable to open": "is its folder there, and may this user write in it?",
        "readonly": "give this user the right to write there",
        "no such table": "run `metier db upgrade`",
    }
    advice = next(
        (text for mark, text in remedy.items() if mark in cause), "is it running, and is METIER_DATABASE_URL right?"
    )
    return f"the database does not answer ({cause}): {advice}"


def _ask_the_rested(engine: Engine) -> None:
    """Have each connection asked before its use, but not those just used: asking is a round trip a transaction."""

    @event.listens_for(engine, "checkin")
    def _rest(_raw: object, record: Any) -> None:  # Any: the record of the pool
        record.info["rests_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _ask(raw: Any, record: Any, _proxy: object) -> None:  # Any: the driver's connection, the record of the pool
        since = record.info.pop("rests_since", None)
        if since is None or time.monotonic() - since < _RESTED:
            return
        try:
            alive = engine.dialect.do_ping(raw)
        except engine.dialect.loaded_dbapi.Error:
            alive = False
        if not alive:
            raise Outdated


def _sqlite(url: str, database: str) -> Engine:
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder of the database {database} ({error.strerror}): "
            "set METIER_HOME to a folder of yours"
        ) from error
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": PATIENCE, "check_same_thread": False})

    @event.listens_for(engine, "do_connect")
    def _make_private(*_: object) -> None:
        """Let a new file be its owner's alone: it may hold titles of CVs."""
        with suppress(OSError):  # it is there, or cannot be made, which SQLite says next
            os.close(os.open(database, os.O_CREAT | os.O_EXCL, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: object) -> None:  # Any: the driver's own connection
        raw.isolation_level = None  # we say BEGIN ourselves; the driver's implicit one comes too late to lock
        for pragma in _SQLITE:
            raw.execute(pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("metier_reading", False):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection, until=time.monotonic() + options.get("metier_patience", PATIENCE))

    return engine


def _begin_writing(connection: Connection, *, until: float) -> None:
    """Begin when nobody else writes, waiting in short slices: in a long one SQLite looks ever less often."""
    raw: Any = connection.connection.driver_connection  # Any: the driver's own connection
    began = now = time.monotonic()
    try:
        while True:
            raw.execute(f"PRAGMA busy_timeout={min(_SLICE, max(_SLICES, (now - began) / 8)) * 1000:.0f}")
            try:
                raw.execute("BEGIN IMMEDIATE")
                return
            except SqliteError as error:
                now = time.monotonic()
                if "locked" not in str(error) or now > until:
                    break
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # once more, for an error as those of all other statements
    finally:
        raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000:.0f}")


def _redacted(url: str) -> str:
    return url.rsplit("@", maxsplit=1)[-1] if "@" in url else url
