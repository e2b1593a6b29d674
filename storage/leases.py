"""What the holder of a lease does with its jobs: renew, complete, give back. The fence decides who may write.

The clock is always the database's. A worker that was frozen past its lease finds its fence moved and writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

from sqlalchemy import Connection

from metier.types import Claimed
from storage import retagging
from storage.dialect import as_ids, as_rows, statement, words
from storage.tags import Tagged

_FENCE = {"id": "bigint", "fence": "bigint"}
_OURS = "job.id = r.id AND job.fence = r.fence AND job.state = 'leased'"


class Fenced(Protocol):
    """A job with the fence that proves that it is ours."""

    @property
    def id(self) -> int: ...
    @property
    def fence(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Failure:
    """A claimed job that did not get done, and when to try again (`after` seconds; None is never)."""

    job: Claimed
    cause: str
    error: str
    after: float | None = None


def renew(connection: Connection, held: Sequence[Claimed], *, lease: float) -> list[Claimed]:
    """Lengthen the leases of these jobs; return those that are still ours."""
    w = words(connection)
    kept = connection.execute(
        statement(
            f"UPDATE job SET lease_until = {w.after(':lease')} FROM {w.rows(**_FENCE)} WHERE {_OURS} RETURNING job.id"
        ),
        {"rows": _fences(held), "lease": lease},
    ).scalars()
    ours = set(kept)
    return [job for job in held if job.id in ours]


def complete(connection: Connection, results: Sequence[Tagged]) -> list[Claimed]:
    """End these jobs and write their tags, for those whose fence still stands; return the jobs that counted."""
    if not results:
        return []
    ordered = sorted(results, key=lambda result: result.job.id)
    retagging.lock(connection, ordered)
    ended = _end(connection, [result.job for result in ordered])
    counted = [result for result in ordered if result.job.id in ended]
    retagging.replace(connection, counted)
    return [result.job for result in counted]


def _end(connection: Connection, held: Sequence[Claimed]) -> set[int]:
    """Make those of these jobs done whose fence still stands; return their ids."""
    w = words(connection)
    sets = f"state = 'done', lease_until = NULL, owner = NULL, ended_at = {w.now}, cause = NULL, error = NULL"
    if len({job.fence for job in held}) == 1:  # as nearly always, and a quarter cheaper than joining the pairs
        ended = connection.execute(
            statement(f"UPDATE job SET {sets} WHERE id {w.among} AND fence = :fence AND state = 'leased' RETURNING id"),
            {"ids": as_ids([job.id for job in held]), "fence": held[0].fence},
        )
    else:
        ended = connection.execute(
            statement(f"UPDATE job SET {sets} FROM {w.rows(**_FENCE)} WHERE {_OURS} RETURNING job.id"),
            {"rows": _fences(held)},
        )
    return set(ended.scalars().all())


def fail(connection: Connection, failures: Sequence[Failure], *, most: int) -> None:
    """Send failed jobs back with their attempt spent, or set them aside as dead: never (`after` None) or too often."""
    w = words(connection)
    final = "(r.after_s IS NULL OR job.attempts >= :most)"
    _settle(
        connection,
        _rows(failures),
        f"state = CASE WHEN {final} THEN 'dead' ELSE 'ready' END, "
        f"run_at = CASE WHEN {final} THEN NULL ELSE {w.after('COALESCE(r.after_s, 0)')} END, "
        f"dead_at = CASE WHEN {final} THEN {w.now} END, ended_at = CASE WHEN {final} THEN {w.now} END",
        most=most,
    )


def postpone(connection: Connection, failures: Sequence[Failure], *, give_up: float) -> None:
    """Send jobs back that failed for outside reasons: the attempt is given back, until `give_up` seconds of it."""
    w = words(connection)
    final = f"(job.transient_since < {w.after(':give_up')})"
    _settle(
        connection,
        _rows(failures),
        f"state = CASE WHEN {final} THEN 'dead' ELSE 'ready' END, attempts = job.attempts - 1, "
        f"run_at = CASE WHEN {final} THEN NULL ELSE {w.after('COALESCE(r.after_s, 0)')} END, "
        f"dead_at = CASE WHEN {final} THEN {w.now} END, ended_at = CASE WHEN {final} THEN {w.now} END, "
        f"transient_since = COALESCE(job.transient_since, {w.now})",
        give_up=-give_up,
    )


def release(connection: Connection, held: Sequence[Fenced]) -> None:
    """Give jobs back untouched, attempt and lease, as at a clean shutdown."""
    w = words(connection)
    rows = [{"id": job.id, "fence": job.fence, "cause": "released", "error": "", "after_s": 0.0} for job in held]
    _settle(connection, rows, f"state = 'ready', attempts = job.attempts - 1, run_at = {w.now}")


def _rows(failures: Sequence[Failure]) -> list[dict[str, Any]]:  # Any: cells of several kinds
    return [
        {"id": f.job.id, "fence": f.job.fence, "cause": f.cause, "error": f.error[:2000], "after_s": f.after}
        for f in failures
    ]


def _settle(connection: Connection, rows: Sequence[Mapping[str, Any]], sets: str, **values: float) -> None:
    if not rows:
        return
    w = words(connection)
    connection.execute(
        statement(
            f"UPDATE job SET {sets}, lease_until = NULL, hinted_at = NULL, owner = NULL, "
            "cause = NULLIF(r.cause, 'released'), error = NULLIF(r.error, '') FROM "
            f"{w.rows(id='bigint', fence='bigint', cause='text', error='text', after_s='double precision')} "
            f"WHERE {_OURS}"
        ),
        {"rows": as_rows(sorted(rows, key=itemgetter("id")))} | values,
    )


def _fences(held: Sequence[Claimed]) -> str:
    return as_rows([{"id": job.id, "fence": job.fence} for job in held])
