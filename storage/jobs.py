"""Enqueue, cancel and replay jobs; what a worker does with them is in `claims` and `leases`."""

from collections.abc import Sequence

from sqlalchemy import Connection

from metier.types import Lane
from storage.dialect import as_ids, as_rows, as_set, statement, words
from storage.insertion import hopefully

LANES = {Lane.LIVE: 0, Lane.BACKFILL: 1}
CHANNEL = "metier_ready"
_COLUMNS = "task, subject, revision, purpose, lane, heavy, state, run_at, attempts, fence, created_at"
_CLASH = "ON CONFLICT (task, subject, revision, purpose)"
_SUBJECT = {"subject": "bigint", "revision": "int", "heavy": "boolean"}


def enqueue(
    connection: Connection,
    subjects: Sequence[tuple[int, int, bool]],
    *,
    lane: Lane,
    task: str = "tag",
    purpose: str = "",
) -> int:
    """Write a ready job for each (subject, revision, heavy) that has none for this purpose yet; return how many."""
    if not subjects:
        return 0
    w = words(connection)
    insert = (
        f"INSERT INTO job ({_COLUMNS}) SELECT :task, r.subject, r.revision, :purpose, :lane, r.heavy, 'ready', "
        f"{w.now}, 0, 0, {w.now} FROM {w.set_of(**_SUBJECT)} WHERE true"
    )
    written = hopefully(
        connection,
        insert,
        {
            **as_set(connection, _SUBJECT, list(zip(*subjects, strict=True))),
            "task": task,
            "purpose": purpose,
            "lane": LANES[lane],
        },
        careful=f"{insert} {_CLASH} DO NOTHING",
    ).rowcount
    tell(connection)
    return written


def tell(connection: Connection) -> None:
    """Wake up the relays when this transaction commits; those of SQLite see that something was written."""
    if connection.dialect.name == "postgresql":
        connection.execute(statement("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})


def of_new(postings: str, now: str) -> str:
    """Return the INSERT of the first job of each new posting (id, heavy) in this FROM item, in the lane `:lane`."""
    return (
        f"INSERT INTO job ({_COLUMNS}) SELECT 'tag', p.id, 1, '', :lane, p.heavy, 'ready', {now}, 0, 0, {now} "
        f"FROM {postings} p WHERE true"
    )


def take_over(now: str) -> str:
    """Return what an INSERT of `of_new` does where an erased posting of the same id has left its job behind."""
    return (
        f"{_CLASH} DO UPDATE SET lane = excluded.lane, heavy = excluded.heavy, state = 'ready', run_at = {now}, "
        "hinted_at = NULL, attempts = 0, fence = job.fence + 1, owner = NULL, lease_until = NULL, "
        f"transient_since = NULL, created_at = {now}, ended_at = NULL, dead_at = NULL, cause = NULL, error = NULL"
    )


def cancel_older(connection: Connection, newest: Sequence[tuple[int, int]]) -> int:
    """Cancel the open tag jobs of revisions older than these (subject, revision)."""
    if not newest:
        return 0
    w = words(connection)
    return connection.execute(
        statement(
            f"UPDATE job SET {ended(w.now)}, cause = 'newer revision' WHERE id IN (SELECT j.id FROM "
            f"{w.rows(subject='bigint', revision='int')} JOIN job j ON j.task = 'tag' AND j.subject = r.subject "
            "AND j.revision < r.revision WHERE j.state IN ('ready', 'leased')) AND state IN ('ready', 'leased')"
        ),
        {"rows": as_rows([{"subject": subject, "revision": revision} for subject, revision in newest])},
    ).rowcount


def cancel_subjects(connection: Connection, subjects: Sequence[int], *, reason: str) -> int:
    """Cancel all open tag jobs of these postings."""
    w = words(connection)
    return connection.execute(
        statement(
            f"UPDATE job SET {ended(w.now)}, cause = :reason "
            f"WHERE task = 'tag' AND subject {w.among} AND state IN ('ready', 'leased')"
        ),
        {"ids": as_ids(sorted(subjects)), "reason": reason},
    ).rowcount


def cancel(connection: Connection, ids: Sequence[int], *, reason: str) -> int:
    """Cancel these jobs where they are still open."""
    w = words(connection)
    return connection.execute(
        statement(
            f"UPDATE job SET {ended(w.now)}, cause = :reason WHERE id {w.among} AND state IN ('ready', 'leased')"
        ),
        {"ids": as_ids(sorted(ids)), "reason": reason},
    ).rowcount


def replay(connection: Connection, ids: Sequence[int]) -> int:
    """Make dead jobs ready again with all their attempts; jobs of outdated revisions stay dead."""
    w = words(connection)
    return connection.execute(
        statement(
            f"UPDATE job SET state = 'ready', run_at = {w.now}, hinted_at = NULL, dead_at = NULL, ended_at = NULL, "
            "attempts = 0, cause = NULL, error = NULL, transient_since = NULL "
            f"WHERE id {w.among} AND state = 'dead' AND (task <> 'tag' OR EXISTS "
            "(SELECT 1 FROM posting p WHERE p.id = job.subject AND p.revision = job.revision))"
        ),
        {"ids": as_ids(sorted(ids))},
    ).rowcount


def forget_done(connection: Connection, *, keep: float, most: int = 10_000) -> int:
    """Delete finished jobs older than `keep` seconds; the posting's revision prevents a second tagging."""
    w = words(connection)
    return connection.execute(
        statement(
            "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state IN ('done', 'cancelled') "
            f"AND ended_at < {w.after(':age')} ORDER BY id LIMIT :most)"
        ),
        {"age": -keep, "most": most},
    ).rowcount


def ended(now: str) -> str:
    """Return the assignments that take a job out of every index of open jobs."""
    return f"state = 'cancelled', run_at = NULL, hinted_at = NULL, lease_until = NULL, dead_at = NULL, ended_at = {now}"
