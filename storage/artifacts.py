"""Which artifacts are known and which one serves under each name; the files themselves are no matter of this file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlmodel import col, select

from metier.errors import ConfigError
from storage import artifact_moves
from storage.artifact_moves import INSTALLATION, Move
from storage.dialect import statement, words
from storage.tables_system import ArtifactRow

CANDIDATE, CHAMPION, RETIRED = "candidate", "champion", "retired"
ENCODER = "encoder"


@dataclass(frozen=True, slots=True)
class Registered:
    """An artifact as the database knows it; who changed its state last, when and why."""

    name: str
    digest: str
    state: str
    metrics: Mapping[str, Any]  # any JSON: each kind of model measures other things
    made_at: datetime
    changed_at: datetime
    changed_by: str
    reason: str


def champions(connection: Connection) -> dict[str, str]:
    """Return the digest that serves under each name."""
    rows = connection.execute(statement("SELECT name, digest FROM champion ORDER BY name"))
    return {row.name: row.digest for row in rows}


def listed(connection: Connection, name: str | None = None) -> list[Registered]:
    """Return the known artifacts, of one name or all, the newest first."""
    query = select(
        ArtifactRow.name,
        ArtifactRow.digest,
        ArtifactRow.state,
        ArtifactRow.metrics,
        ArtifactRow.made_at,
        ArtifactRow.changed_at,
        ArtifactRow.changed_by,
        ArtifactRow.reason,
    ).order_by(col(ArtifactRow.name), col(ArtifactRow.id).desc())  # type: ignore[call-overload]  # select knows 4 columns
    if name is not None:
        query = query.where(col(ArtifactRow.name) == name)
    return [
        Registered(name_, digest, state, json.loads(metrics), *rest)
        for name_, digest, state, metrics, *rest in connection.execute(query)
    ]


def register(
    connection: Connection,
    name: str,
    digest: str,
    *,
    metrics: Mapping[str, Any] | None = None,  # any JSON: as above
    state: str = CANDIDATE,
    by: str = "",
    reason: str = "",
) -> bool:
    """Write down that this artifact exists; return whether that was news."""
    w = words(connection)
    return bool(
        connection.execute(
            statement(
                "INSERT INTO artifact (name, digest, state, metrics, made_at, changed_at, changed_by, reason) "
                f"VALUES (:name, :digest, :state, :metrics, {w.now}, {w.now}, :by, :reason) "
                "ON CONFLICT (name, digest) DO NOTHING"
            ),
            {
                "name": name, "digest": digest, "state": state, "by": by, "reason": reason,
                "metrics": json.dumps(dict(metrics or {}), ensure_ascii=False),
            },
        ).rowcount
    )  # fmt: skip


def promote(
    connection: Connection, name: str, digest: str, *, expected: str | None, by: str = "", reason: str = "",
    how: str = artifact_moves.PROMOTED, verdict: int | None = None,
) -> bool:  # fmt: skip
    """Let this artifact serve, if `expected` (None: nothing) serves until now; return whether it does.

    The move is kept with who, when and why.
    """
    if not connection.execute(
        statement("SELECT 1 FROM artifact WHERE name = :name AND digest = :digest"), {"name": name, "digest": digest}
    ).scalar():
        raise ConfigError(f"{name} {digest[:12]} is not registered: run `metier artifacts list` to see what is")
    w = words(connection)
    values = {"name": name, "digest": digest, "expected": expected, "by": by, "reason": reason}
    moved = connection.execute(
        statement(
            f"INSERT INTO champion (name, digest, changed_at) VALUES (:name, :digest, {w.now}) "
            "ON CONFLICT (name) DO NOTHING"
            if expected is None
            else f"UPDATE champion SET digest = :digest, changed_at = {w.now} WHERE name = :name AND digest = :expected"
        ),
        values,
    ).rowcount
    if not moved:
        return False
    change = f"changed_at = {w.now}, changed_by = :by, reason = :reason"
    connection.execute(
        statement(
            f"UPDATE artifact SET state = '{RETIRED}', {change} "
            f"WHERE name = :name AND state = '{CHAMPION}' AND digest <> :digest"
        ),
        values,
    )
    connection.execute(
        statement(f"UPDATE artifact SET state = '{CHAMPION}', {change} WHERE name = :name AND digest = :digest"),
        values,
    )
    move = Move(name, digest, expected or "", how, by, reason)
    artifact_moves.note(connection, move, verdict=verdict)
    return True


def adopt(connection: Connection, bundled: Mapping[str, str]) -> list[str]:
    """Register what the installation brings and let it serve where that is its business; return the names that now do.

    That is where nothing serves yet, and, for an artifact never seen before, where what serves came with the
    installation too and no person chose it. Anything else waits as a candidate.
    """
    adopted = []
    serving = champions(connection)
    untouched = {name for name in serving if artifact_moves.by_installation(connection, name)}
    # heads read the vectors of the encoder that they were taught with; a mixture of two cannot be loaded
    alike = bundled.get(ENCODER) == serving.get(ENCODER) or untouched == set(serving)
    for name, digest in bundled.items():
        news = register(connection, name, digest, by=INSTALLATION, reason="bundled")
        expected = serving.get(name)
        if expected is None:
            reason = "the first of its name"
        elif news and alike and name in untouched:
            reason = "a newer version brought it, and nobody chose the one before"
        else:
            continue
        how = artifact_moves.ADOPTED
        if promote(connection, name, digest, expected=expected, by=INSTALLATION, reason=reason, how=how):
            adopted.append(name)
    return adopted
