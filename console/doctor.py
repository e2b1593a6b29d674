"""What can be wrong with an installation: each question is a function that answers with findings and what to do."""

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection, HTTPException
from time import time
from typing import TYPE_CHECKING

from console import broker, database, listing
from console.summary import FRESH
from metier.errors import MetierError
from metier.settings import Settings

if TYPE_CHECKING:
    from storage.heartbeats import Heartbeat
    from storage.status import SourceStanding

PYTHON = (3, 11)
SQLITE = (3, 38)
_LITTLE_DISK = 2_000_000_000
_NO_DISK = 200_000_000
_SKEW = 2.0
_SLOW = 300.0
_EVERYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104  what is compared with, not what is bound


class Level(StrEnum):
    """How bad a finding is; only `fail` keeps the system from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer."""

    about: str
    level: Level
    says: str
    do: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says that several questions need, asked once: a silent one costs seconds each time."""

    champions: Mapping[str, str]
    sources: "Sequence[SourceStanding]"
    processes: "Sequence[Heartbeat]"


def examine(settings: Settings) -> Iterator[Finding]:
    """Ask all questions; one that cannot be answered is a finding itself."""
    known = _ask(settings)
    questions: tuple[Callable[[Settings, Known | None], Iterator[Finding]], ...] = (
        _versions, _home, _database, _broker, _artifacts, _sources, _processes, _port,
    )  # fmt: skip
    said = set()
    for question in questions:
        about = question.__name__.strip("_")
        try:
            yield from question(settings, known)
        except MetierError as error:
            if str(error) not in said:  # what keeps several questions from being answered is said once
                yield Finding(about, Level.FAIL, str(error))
            said.add(str(error))
        except Exception as error:  # noqa: BLE001  whatever is wrong, the other questions are asked
            first = next(iter(str(error).splitlines()), "")[:200]
            yield Finding(about, Level.FAIL, f"cannot be examined ({type(error).__name__}: {first})")


def _ask(settings: Settings) -> Known | None:
    """Ask the database; None where it cannot be asked, which `_database` says."""
    from storage import artifacts, heartbeats, status
    from storage.engine import reading

    file = database.sqlite_file(settings)
    if file is not None and not file.exists():
        return None
    with suppress(Exception), database.opened(settings) as engine, reading(engine) as connection:
        return Known(
            artifacts.champions(connection),
            status.sources(connection),
            heartbeats.all_since(connection, seconds=86400),
        )
    return None


def _versions(_settings: Settings, _known: Known | None) -> Iterator[Finding]:
    from storage import check

    found = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info[:2] >= PYTHON
    yield Finding("python", Level.OK if good else Level.FAIL, found, "" if good else "use Python 3.11 or newer")
    version = check.sqlite_version()
    good = version >= SQLITE
    yield Finding(
        "sqlite", Level.OK if good else Level.FAIL, ".".join(map(str, version)),
        "" if good else "use a Python with SQLite 3.38 or newer, or a Postgres database",
    )  # fmt: skip


def _home(settings: Settings, _known: Known | None) -> Iterator[Finding]:
    home = settings.home.absolute()
    for name, folder in (("home", home), ("artifacts folder", settings.artifact_folder)):
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
        good = nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)
        yield Finding(
            name, Level.OK if good else Level.FAIL, str(folder) if good else f"{nearest} is not writable",
            "" if good else "give this user the right to write there, or set METIER_HOME",
        )  # fmt: skip
    free = shutil.disk_usage(next(path for path in (home, *home.parents) if path.exists())).free
    level = Level.FAIL if free < _NO_DISK else Level.WARN if free < _LITTLE_DISK else Level.OK
    yield Finding("disk", level, f"{free / 1e9:,.1f} GB free", "" if level is Level.OK else "make room")


def _database(settings: Settings, _known: Known | None) -> Iterator[Finding]:
    from storage import migrate, status
    from storage.engine import reading

    file = database.sqlite_file(settings)
    if file is not None and not file.exists():
        yield Finding(
            "database", Level.WARN, f"{file} is not there yet", "start `metier up`, or run `metier db upgrade`"
        )
        return
    with database.connected(settings) as engine:
        migrate.check(engine)
        yield Finding("database", Level.OK, f"{database.shown(settings)}, schema {migrate.newest()}")
        with reading(engine) as connection:
            skew = status.clock(connection) - time()
            dead = sum(row.count for row in status.dead(connection))
            oldest = max((row.oldest for row in status.backlog(connection)), default=0.0)
    good = abs(skew) < _SKEW
    yield Finding(
        "clock", Level.OK if good else Level.WARN, f"{skew:+.1f} s between database and this host",
        "" if good else "let both keep time by NTP; leases go by the database's clock",
    )  # fmt: skip
    if dead:
        yield Finding("dead jobs", Level.WARN, f"{dead:,}", "see `metier status`, then `metier jobs replay`")
    if oldest > _SLOW:
        says = f"a job has waited for {oldest / 60:,.0f} min"
        yield Finding("backlog", Level.WARN, says, "see below whether workers are alive; start some, or more")


def _broker(settings: Settings, _known: Known | None) -> Iterator[Finding]:
    if not settings.broker_url.get_secret_value() and not broker.runs(settings.home):
        yield Finding("broker", Level.OK, f"none configured; `metier up` starts {broker.binary()}")
        return
    address = broker.url(settings)
    broker.ping(address)
    yield Finding("broker", Level.OK, broker.without_password(address))
    found = broker.asked(address)
    if found is None:
        yield Finding(
            "broker settings", Level.WARN, "it does not tell them", "see that it keeps data on disk and evicts none"
        )
        return
    wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction"}
    for name, value in wanted.items():
        good = found.get(name) == value
        yield Finding(
            f"broker {name}", Level.OK if good else Level.WARN, found.get(name, "unknown"),
            "" if good else f"set `{name} {value}`; without it a restart costs time, though no job",
        )  # fmt: skip


def _artifacts(settings: Settings, known: Known | None) -> Iterator[Finding]:
    from pipelines import artifact

    root = settings.artifact_folder
    bundled = artifact.bundled(root)
    if "encoder" not in bundled:
        yield Finding("artifacts", Level.WARN, "not built yet", "run `metier artifacts build`; `metier up` does it too")
        return
    champions = dict(known.champions) if known else {}
    for name, digest in sorted((bundled | champions).items()):
        try:
            artifact.find(root, name, digest)
        except MetierError as error:
            yield Finding(f"artifact {name}", Level.FAIL, str(error))
        else:
            serves = "serves" if champions.get(name) == digest else "bundled"
            yield Finding(f"artifact {name}", Level.OK, f"{digest[:12]} {serves}, every file as its manifest says")


def _sources(_settings: Settings, known: Known | None) -> Iterator[Finding]:
    for row in known.sources if known else ():
        if row.refused or row.failures:
            do = f"mend that; `metier sources check {row.name}` tells whether it answers"
            yield Finding(f"source {row.name}", Level.WARN, row.refused or row.error, do)


def _processes(_settings: Settings, known: Known | None) -> Iterator[Finding]:
    if known is None:
        return
    found = known.processes
    alive = [row for row in found if row.seen_ago < FRESH]
    roles = sorted({row.role for row in alive})
    says = f"{len(alive)} alive ({', '.join(roles)})" if alive else "none is running"
    yield Finding("processes", Level.OK, says, "" if alive else "start `metier up` when there is work")
    if alive:
        for role in ("scheduler", "worker:tag"):
            if role not in roles:
                yield Finding(role, Level.WARN, "none is alive", f"start `metier {role.partition(':')[0]}`")
    for row in found:
        if row.seen_ago >= FRESH:
            says = f"{row.name} was last seen {listing.span(row.seen_ago)} ago"
            if _lives(row):
                says, do = f"{says} and hangs", f"kill it (process {row.pid}); what it held comes back by itself"
            else:
                says, do = f"{says} and did not say goodbye", "if it should run, see its log; its jobs come back"
            yield Finding(row.role, Level.WARN, says, do)


def _lives(row: "Heartbeat") -> bool:
    """Tell whether this host still has that process; a number may be another program's by now."""
    if row.host != socket.gethostname():
        return False
    import psutil

    try:
        command = " ".join(psutil.Process(row.pid).cmdline())
    except psutil.Error:
        return False
    return any(mark in command for mark in ("-m scheduler", "-m worker", "billiard"))


def _port(settings: Settings, known: Known | None) -> Iterator[Finding]:
    port = settings.metrics_port
    if not port:
        return
    about = f"port {port}"
    host = settings.metrics_host if settings.metrics_host not in _EVERYWHERE else "127.0.0.1"
    with socket.socket() as probe:
        probe.settimeout(1)
        taken = probe.connect_ex((host, port)) == 0
    if not taken:
        yield Finding(about, Level.OK, "free for /metrics")
        return
    other = "set METIER_METRICS_PORT, 0 switches it off"
    try:
        name = _who_answers(host, port)
    except TimeoutError:
        yield Finding(
            about, Level.WARN, "is held by a process that does not answer", f"kill it if it hangs; else {other}"
        )
    except (OSError, HTTPException, ValueError):
        yield Finding(about, Level.WARN, "is taken by another program", other)
    else:
        if known is None or name in {row.name for row in known.processes}:
            yield Finding(about, Level.OK, "/metrics answers")
        else:
            yield Finding(about, Level.WARN, "answers for the scheduler of another database", other)


def _who_answers(host: str, port: int) -> str:
    """Return the name of the scheduler behind this port."""
    connection = HTTPConnection(host, port, timeout=3)
    try:
        connection.request("GET", "/health")
        return str(dict(json.loads(connection.getresponse().read(10_000)))["name"])
    except (KeyError, TypeError) as error:
        raise ValueError("no scheduler") from error
    finally:
        connection.close()
