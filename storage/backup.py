"""A backup that moves between SQLite and Postgres: one line of JSON a row, compressed, with a checksum at the end.

It is read in one transaction and so shows one moment. Restoring is one transaction too: all of it or nothing.
"""

import gzip
import hashlib
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Date, DateTime, Table, func, insert, select
from sqlalchemy import text as sql
from sqlmodel import SQLModel

import storage.tables
import storage.tables_cv
import storage.tables_gleaned
import storage.tables_rollout
import storage.tables_system  # noqa: F401  the tables register themselves
from metier.errors import ConfigError
from storage import migrate, moments
from storage.engine import Connection, Engine, reading, transaction

FORM = "metier-backup-1"
_AT_ONCE = 1000
_BEHIND = {"posting": ", (SELECT MAX(subject) FROM job)"}
"""Numbers that a new row must be behind, too: the job of an erased posting outlives it."""

Progress = Callable[[str, int], None]


def backup(engine: Engine, path: Path, *, progress: Progress = lambda _table, _rows: None) -> dict[str, int]:
    """Write all rows to this file, which must not be there yet; return how many rows each table has."""
    migrate.check(engine)
    partial = path.with_name(f"{path.name}.part")
    try:
        with (
            open(partial, "xb", opener=_private) as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0) as packed,
        ):
            counts = _write(engine, packed, progress)
        if path.exists():
            raise ConfigError(f"{path} is there already: name another file")
        partial.replace(path)
    except FileExistsError as error:
        raise ConfigError(f"{partial} is there: another backup is running, or one was killed; remove it") from error
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ConfigError(f"{path} cannot be written ({error.strerror or error})") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return counts


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)  # titles of CVs are in it


def restore(engine: Engine, path: Path, *, progress: Progress = lambda _table, _rows: None) -> dict[str, int]:
    """Bring a backup into an empty database; return how many rows each table got."""
    schema = verify(path)
    if migrate.current(engine) is not None and not _empty(engine):
        raise ConfigError("the database is not empty: restore into a new one, so that nothing is mixed or overwritten")
    if schema != migrate.newest():
        raise ConfigError(
            f"{path} is of schema {schema}, this code has {migrate.newest()}: restore it with the version "
            "that made it, then run `metier db upgrade` with this one"
        )
    migrate.upgrade(engine)
    counts: dict[str, int] = {}
    with transaction(engine) as connection, _opened(path) as lines:
        _without_limits(connection)
        next(lines)
        for name, rows in _by_table(lines):
            table = SQLModel.metadata.tables[name]
            connection.execute(insert(table), [_read_row(table, row) for row in rows])
            counts[name] = counts.get(name, 0) + len(rows)
            progress(name, counts[name])
        _continue_numbers(connection)
    return counts


def verify(path: Path) -> str:
    """Read a backup to its end and compare its checksum; return the schema that it is of."""
    digest, rows, last = hashlib.sha256(), 0, b""
    head: dict[str, Any] = {}  # Any: JSON
    with _opened(path) as lines:
        for number, line in enumerate(lines):
            if number == 0:
                head = _json(path, line)
                if head.get("form") != FORM:
                    raise ConfigError(f"{path} is no backup of Metier")
            if last:
                digest.update(last)
                rows += 1
            last = line
    end = _json(path, last)
    if end.get("end") != FORM or (end["sha256"], end["lines"]) != (digest.hexdigest(), rows):
        raise ConfigError(f"{path} is damaged or cut off: take another backup")
    return str(head["schema"])


def _write(engine: Engine, file: gzip.GzipFile, progress: Progress) -> dict[str, int]:
    digest, lines = hashlib.sha256(), 0

    def put(value: object) -> None:
        nonlocal lines
        line = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode() + b"\n"
        digest.update(line)
        lines += 1
        file.write(line)

    put({"form": FORM, "schema": migrate.newest(), "from": engine.dialect.name})
    counts = {}
    with reading(engine) as connection:
        _one_moment(connection)
        for table in SQLModel.metadata.sorted_tables:
            counts[table.name] = 0
            put({"table": table.name, "columns": [column.name for column in table.columns]})
            query = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
            for part in connection.execute(query).partitions():
                for row in part:
                    put(list(row))
                counts[table.name] += len(part)
                progress(table.name, counts[table.name])
    file.write(json.dumps({"end": FORM, "lines": lines, "sha256": digest.hexdigest()}).encode() + b"\n")
    return counts


def _plain(value: object) -> str:
    if isinstance(value, date):  # moments are dates, too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a backup")


def _one_moment(connection: Connection) -> None:
    """Let all tables be read as of one moment; on SQLite every reading transaction does."""
    if connection.dialect.name == "postgresql":
        connection.execute(sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
    _without_limits(connection)


def _without_limits(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sql("SET LOCAL statement_timeout = 0"))
        connection.execute(sql("SET LOCAL idle_in_transaction_session_timeout = 0"))


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a backup and yield its lines."""
    try:
        with gzip.open(path) as file:
            yield iter(file)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ConfigError(f"{path} is damaged, cut off, or no backup: take another one") from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror or error})") from error


def _json(path: Path, line: bytes) -> dict[str, Any]:  # Any: JSON
    try:
        found = json.loads(line)
    except ValueError as error:
        raise ConfigError(f"{path} is damaged, or no backup of Metier") from error
    return found if isinstance(found, dict) else {}


def _by_table(lines: Iterator[bytes]) -> Iterator[tuple[str, list[dict[str, Any]]]]:  # Any: rows of mixed columns
    name, columns = "", list[str]()
    rows: list[dict[str, Any]] = []  # Any: as above
    for line in lines:
        value = json.loads(line)
        if isinstance(value, list):
            rows.append(dict(zip(columns, value, strict=True)))
            if len(rows) == _AT_ONCE:
                yield name, rows
                rows = []
            continue
        if rows:
            yield name, rows
            rows = []
        name, columns = value.get("table", ""), value.get("columns", [])


def _read_row(table: Table, row: dict[str, Any]) -> dict[str, Any]:  # Any: a row of mixed columns
    return {name: _read_value(table.columns[name], value) for name, value in row.items()}


def _read_value(column: "Column[Any]", value: object) -> object:
    kind = getattr(column.type, "impl", column.type)  # sqlmodel wraps the type
    if isinstance(kind, DateTime) and isinstance(value, str):
        return moments.read(value)
    return date.fromisoformat(value) if isinstance(kind, Date) and isinstance(value, str) else value


def _empty(engine: Engine) -> bool:
    with reading(engine) as connection:
        return all(
            connection.execute(select(func.count()).select_from(table).limit(1)).scalar_one() == 0
            for table in SQLModel.metadata.sorted_tables
        )


def _continue_numbers(connection: Connection) -> None:
    """Let Postgres go on counting behind the restored ids; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in SQLModel.metadata.sorted_tables:
        if "id" in table.columns:
            last = f"GREATEST((SELECT MAX(id) FROM {table.name}){_BEHIND.get(table.name, '')})"
            connection.execute(
                sql(f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), COALESCE({last}, 0) + 1, false)")
            )
