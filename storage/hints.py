"""What the relay asks: which ready jobs deserve a message, which leases ran out."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from storage.claims import SUSPECT
from storage.dialect import Words, as_ids, statement, words


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ready job that no message names yet. `waited` is in seconds."""

    id: int
    lane: int
    heavy: bool
    suspect: bool
    waited: float


def waiting(connection: Connection, task: str, *, lane: int, most: int, hint_age: float) -> list[Waiting]:
    """Return the due jobs of a lane that were not hinted lately, oldest first; `note` decides who sends them."""
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT id, heavy, attempts >= {SUSPECT}, {_waited(w.name)} FROM job "
            f"WHERE task = :task AND lane = :lane AND run_at <= {w.now} "
            f"AND {_not_hinted(w)} ORDER BY run_at, id LIMIT :most"
        ),
        {"task": task, "lane": lane, "age": -hint_age, "most": most},
    )
    return [Waiting(id_, lane, bool(heavy), bool(suspect), float(waited)) for id_, heavy, suspect, waited in found]


def _waited(dialect: str) -> str:
    if dialect == "postgresql":
        return "date_part('epoch', now() - run_at)"  # EXTRACT would answer with a decimal, slow to make and to read
    return "(julianday('now') - julianday(run_at)) * 86400.0"


def note(connection: Connection, ids: Sequence[int], *, hint_age: float) -> set[int]:
    """Write down that a message names these jobs now; return those that no other relay was first to name."""
    if not ids:
        return set()
    w = words(connection)
    noted = connection.execute(
        statement(
            f"UPDATE job SET hinted_at = {w.now} WHERE id {w.among} AND state = 'ready' AND {_not_hinted(w)} "
            "RETURNING id"
        ),
        {"ids": as_ids(sorted(ids)), "age": -hint_age},
    )
    return set(noted.scalars())


def _not_hinted(w: Words) -> str:
    return f"(hinted_at IS NULL OR hinted_at < {w.after(':age')})"


def unnote(connection: Connection, ids: Sequence[int]) -> None:
    """Take that back: the message could not be sent."""
    if ids:
        w = words(connection)
        connection.execute(
            statement(f"UPDATE job SET hinted_at = NULL WHERE id {w.among} AND state = 'ready'"),
            {"ids": as_ids(sorted(ids))},
        )


def sweep(connection: Connection, *, attempts: int, most: int = 2000) -> tuple[int, int]:
    """Return expired leases to ready, or to dead after too many attempts; return how many (ready, dead)."""
    w = words(connection)
    final = "attempts >= :attempts"
    expired = f"SELECT id FROM job WHERE lease_until < {w.now} ORDER BY id LIMIT :most {w.lock_skip}"
    states = connection.execute(
        statement(
            f"UPDATE job SET state = CASE WHEN {final} THEN 'dead' ELSE 'ready' END, lease_until = NULL, owner = NULL, "
            f"hinted_at = NULL, run_at = CASE WHEN {final} THEN NULL ELSE {w.now} END, "
            f"dead_at = CASE WHEN {final} THEN {w.now} END, ended_at = CASE WHEN {final} THEN {w.now} END, "
            "cause = 'lease expired', error = 'its worker died or froze while it held this job' "
            f"WHERE id {w.in_selected(expired)} AND state = 'leased' AND lease_until < {w.now} RETURNING state"
        ),
        {"attempts": attempts, "most": most},
    ).scalars()
    found = list(states)
    return found.count("ready"), found.count("dead")
