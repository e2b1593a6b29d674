"""Every change of who serves under a name: who made it, when and why. Rows are added and never changed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from storage import moments
from storage.dialect import statement, words

ADOPTED, PROMOTED, ROLLED_BACK = "adopted", "promoted", "rolled back"
INSTALLATION = "installation"


@dataclass(frozen=True, slots=True)
class Move:
    """One change; `before` is empty for the first of a name, `at` and `verdict` are known once it is kept."""

    name: str
    digest: str
    before: str
    how: str
    by: str
    reason: str
    at: datetime | None = None
    verdict: int | None = None


def note(connection: Connection, move: Move, *, verdict: int | None = None) -> None:
    """Keep a move, in the transaction that makes it."""
    w = words(connection)
    connection.execute(
        statement(
            "INSERT INTO artifact_move (name, digest, before, how, made_by, reason, verdict_id, at) "
            f"VALUES (:name, :digest, :before, :how, :by, :reason, :verdict, {w.now})"
        ),
        {
            "name": move.name, "digest": move.digest, "before": move.before, "how": move.how, "by": move.by,
            "reason": move.reason, "verdict": verdict,
        },
    )  # fmt: skip


def of(connection: Connection, name: str) -> list[Move]:
    """Return the moves of a name, the newest first."""
    found = connection.execute(
        statement(
            "SELECT name, digest, before, how, made_by, reason, at, verdict_id FROM artifact_move "
            "WHERE name = :name ORDER BY id DESC"
        ),
        {"name": name},
    )
    return [
        Move(name_, digest, before, how, by, reason, moments.read(at), verdict)
        for name_, digest, before, how, by, reason, at, verdict in found
    ]


def before(connection: Connection, name: str, champion: str) -> str | None:
    """Return what a roll-back leads to: what served before this champion was adopted or promoted."""
    for move in of(connection, name):
        if move.digest == champion and move.how != ROLLED_BACK:
            return move.before or None
    return None


def by_installation(connection: Connection, name: str) -> bool:
    """Tell whether what serves came by the installation alone: no person and no gate ever moved this name."""
    return all(move.how == ADOPTED for move in of(connection, name))
