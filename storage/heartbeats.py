"""Living processes: when each was seen, when it last got something done, and its counters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from storage.dialect import statement, words


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """One process as it last reported; ages are in seconds on the database's clock."""

    name: str
    role: str
    host: str
    pid: int
    seen_ago: float
    progress_ago: float
    counters: Mapping[str, float]
    artifacts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Process:
    """Who reports: a unique name and what it does (`scheduler`, `worker:tag`)."""

    name: str
    role: str
    host: str
    pid: int


def beat(
    connection: Connection,
    process: Process,
    *,
    counters: Mapping[str, float],
    artifacts: Mapping[str, str],
    progressed: float,
) -> None:
    """Write that this process lives and got something done `progressed` seconds ago."""
    w = words(connection)
    connection.execute(
        statement(
            "INSERT INTO heartbeat (name, role, host, pid, started_at, seen_at, progress_at, counters, artifacts) "
            f"VALUES (:name, :role, :host, :pid, {w.now}, {w.now}, {w.after(':ago')}, :counters, :artifacts) "
            "ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at, progress_at = excluded.progress_at, "
            "counters = excluded.counters, artifacts = excluded.artifacts"
        ),
        {
            "name": process.name, "role": process.role, "host": process.host, "pid": process.pid,
            "ago": -float(progressed),
            "counters": json.dumps(dict(counters)), "artifacts": json.dumps(dict(artifacts)),
        },
    )  # fmt: skip


def leave(connection: Connection, process: Process) -> None:
    """Take the row away at a clean end."""
    connection.execute(statement("DELETE FROM heartbeat WHERE name = :name"), {"name": process.name})


def all_since(connection: Connection, *, seconds: float) -> list[Heartbeat]:
    """Return the processes seen in the last so many seconds."""
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT name, role, host, pid, {_ago(w.name, 'seen_at')}, {_ago(w.name, 'progress_at')}, counters, "
            f"artifacts FROM heartbeat WHERE seen_at > {w.after(':age')} ORDER BY role, name"
        ),
        {"age": -seconds},
    )
    return [
        Heartbeat(name, role, host, pid, float(seen), float(progress), json.loads(counters), json.loads(artifacts))
        for name, role, host, pid, seen, progress, counters, artifacts in found
    ]


def count(connection: Connection, role: str, *, seconds: float) -> int:
    """Return how many processes of this role were seen in the last so many seconds."""
    return int(
        connection.execute(
            statement(
                f"SELECT count(*) FROM heartbeat WHERE role = :role AND seen_at > {words(connection).after(':age')}"
            ),
            {"role": role, "age": -seconds},
        ).scalar_one()
    )


def forget(connection: Connection, *, seconds: float) -> int:
    """Delete the rows of processes not seen for so many seconds."""
    return connection.execute(
        statement(f"DELETE FROM heartbeat WHERE seen_at < {words(connection).after(':age')}"), {"age": -seconds}
    ).rowcount


def _ago(dialect: str, column: str) -> str:
    if dialect == "postgresql":
        return f"EXTRACT(EPOCH FROM clock_timestamp() - {column})"
    return f"(julianday('now') - julianday({column})) * 86400.0"
