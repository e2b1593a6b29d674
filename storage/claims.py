"""What a worker does with jobs: claim, renew, complete, give back. The fence decides who may write.

The clock is always the database's. A worker that was frozen past its lease finds its fence moved and writes nothing.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

from sqlalchemy import Connection

from metier.gleanings import Stated
from metier.types import Claimed, Text
from storage import retagging
from storage.dialect import as_ids, as_rows, statement, words
from storage.tags import Tagged

SUSPECT = 2
"""A job with so many attempts may be what kills its worker: it is claimed alone."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A claimed job that did not get done, and when to try again (`after` seconds; None is never)."""

    job: Claimed
    cause: str
    error: str
    after: float | None = None


def claim(connection: Connection, ids: Sequence[int], *, owner: str, lease: float) -> list[Claimed]:
    """Lease those of these tag jobs that are due or whose lease ran out; suspects are left for `claim_suspect`."""
    return _claim(connection, ids, owner=owner, lease=lease, attempts=f"attempts < {SUSPECT}")


def claim_suspect(connection: Connection, id_: int, *, owner: str, lease: float) -> list[Claimed]:
    """Lease one suspect by itself, so that a poison takes no innocents with it."""
    return _claim(connection, [id_], owner=owner, lease=lease, attempts=f"attempts >= {SUSPECT}")


def suspects(connection: Connection, ids: Sequence[int]) -> list[int]:
    """Return which of these jobs are due but must be claimed alone."""
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT id FROM job WHERE id {w.among} AND task = 'tag' AND attempts >= {SUSPECT} AND "
            f"(state = 'ready' AND COALESCE(run_at, {w.now}) <= {w.now} "
            f"OR state = 'leased' AND COALESCE(lease_until, {w.now}) < {w.now}) ORDER BY id"
        ),
        {"ids": as_ids(sorted(set(ids)))},
    )
    return list(found.scalars())


def _claim(connection: Connection, ids: Sequence[int], *, owner: str, lease: float, attempts: str) -> list[Claimed]:
    w = words(connection)
    due = (  # COALESCE keeps the planner from believing that a partial index answers this
        f"SELECT id FROM job WHERE id {w.among} AND task = 'tag' AND {attempts} AND "
        f"(state = 'ready' AND COALESCE(run_at, {w.now}) <= {w.now} "
        f"OR state = 'leased' AND COALESCE(lease_until, {w.now}) < {w.now}) ORDER BY id {w.lock_skip}"
    )
    leased = connection.execute(
        statement(
            "UPDATE job SET state = 'leased', fence = fence + 1, attempts = attempts + 1, owner = :owner, "
            f"run_at = NULL, hinted_at = NULL, lease_until = {w.after(':lease')} WHERE id {w.in_selected(due)} "
            "RETURNING id, subject, revision, fence, attempts, purpose"
        ),
        {"ids": as_ids(sorted(set(ids))), "owner": owner, "lease": lease},
    ).all()
    texts = _texts(connection, [row.subject for row in leased])
    return [
        Claimed(id_, subject, revision, fence, attempts_, purpose, *texts[subject])
        for id_, subject, revision, fence, attempts_, purpose in sorted(leased, key=itemgetter(0))
        if subject in texts
    ]


def _texts(connection: Connection, postings: Sequence[int]) -> dict[int, tuple[str, Text, Stated | None]]:
    found = connection.execute(
        statement(
            "SELECT id, source, source_key, title, body, language, company, "
            "CASE WHEN kind = 'posting' THEN extra END, location, country FROM posting "
            f"WHERE id {words(connection).among}"
        ),
        {"ids": as_ids(postings)},
    ).all()
    return {
        id_: (f"{source}:{key}", Text(title, body, language, company), _stated(*stated))
        for id_, source, key, title, body, language, company, *stated in found
    }


def _stated(extra: str | None, location: str, country: str) -> Stated | None:
    if extra is None:
        return None
    if extra == "{}":
        return _STATED_NOTHING if not (location or country) else Stated(location, country)
    return Stated(location, country, json.loads(extra))


_STATED_NOTHING = Stated()


def renew(connection: Connection, held: Sequence[Claimed], *, lease: float) -> list[Claimed]:
    """Lengthen the leases of these jobs; return those that are still ours."""
    w = words(connection)
    kept = connection.execute(
        statement(
            f"UPDATE job SET lease_until = {w.after(':lease')} FROM {w.rows(id='bigint', fence='bigint')} "
            "WHERE job.id = r.id AND job.fence = r.fence AND job.state = 'leased' RETURNING job.id"
        ),
        {"rows": _fences(held), "lease": lease},
    ).scalars()
    ours = set(kept)
    return [job for job in held if job.id in ours]


def complete(connection: Connection, results: Sequence[Tagged]) -> list[Claimed]:
    """End these jobs and write their tags, for those whose fence still stands; return the jobs that counted."""
    if not results:
        return []
    w = words(connection)
    ordered = sorted(results, key=lambda result: result.job.id)
    retagging.lock(connection, ordered)
    ended = set(
        connection.execute(
            statement(
                f"UPDATE job SET state = 'done', lease_until = NULL, owner = NULL, ended_at = {w.now}, cause = NULL, "
                f"error = NULL FROM {w.rows(id='bigint', fence='bigint')} "
                "WHERE job.id = r.id AND job.fence = r.fence AND job.state = 'leased' RETURNING job.id"
            ),
            {"rows": _fences([result.job for result in ordered])},
        )
        .scalars()
        .all()
    )
    counted = [result for result in ordered if result.job.id in ended]
    retagging.replace(connection, counted)
    return [result.job for result in counted]


def fail(connection: Connection, failures: Sequence[Failure], *, most: int) -> None:
    """Send failed jobs back with their attempt spent, or set them aside as dead: never (`after` None) or too often."""
    w = words(connection)
    final = "(r.after_s IS NULL OR job.attempts >= :most)"
    _settle(
        connection,
        failures,
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
        failures,
        f"state = CASE WHEN {final} THEN 'dead' ELSE 'ready' END, attempts = job.attempts - 1, "
        f"run_at = CASE WHEN {final} THEN NULL ELSE {w.after('COALESCE(r.after_s, 0)')} END, "
        f"dead_at = CASE WHEN {final} THEN {w.now} END, ended_at = CASE WHEN {final} THEN {w.now} END, "
        f"transient_since = COALESCE(job.transient_since, {w.now})",
        give_up=-give_up,
    )


def release(connection: Connection, held: Sequence[Claimed]) -> None:
    """Give jobs back untouched, attempt and lease, as at a clean shutdown."""
    w = words(connection)
    failures = [Failure(job, "released", "", 0.0) for job in held]
    _settle(connection, failures, f"state = 'ready', attempts = job.attempts - 1, run_at = {w.now}")


def _settle(connection: Connection, failures: Sequence[Failure], sets: str, **values: float) -> None:
    if not failures:
        return
    w = words(connection)
    ordered = sorted(failures, key=lambda failure: failure.job.id)
    rows = [
        {"id": f.job.id, "fence": f.job.fence, "cause": f.cause, "error": f.error[:2000], "after_s": f.after}
        for f in ordered
    ]
    connection.execute(
        statement(
            f"UPDATE job SET {sets}, lease_until = NULL, hinted_at = NULL, owner = NULL, "
            "cause = NULLIF(r.cause, 'released'), error = NULLIF(r.error, '') FROM "
            f"{w.rows(id='bigint', fence='bigint', cause='text', error='text', after_s='double precision')} "
            "WHERE job.id = r.id AND job.fence = r.fence AND job.state = 'leased'"
        ),
        {"rows": as_rows(rows)} | values,
    )


def _fences(held: Sequence[Claimed]) -> str:
    return as_rows([{"id": job.id, "fence": job.fence} for job in held])
