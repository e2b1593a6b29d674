"""Lease jobs to a worker, with the texts that it is to tag; what it may do with them then is in `leases`."""

import json
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection

from metier.gleanings import Stated
from metier.types import Claimed, Text
from storage.dialect import Words, as_ids, statement, words

SUSPECT = 2
"""A job with so many attempts may be what kills its worker: it is claimed alone."""
INNOCENT = f"attempts < {SUSPECT}"


class Leased(NamedTuple):
    """A job that was leased a moment ago."""

    id: int
    subject: int
    revision: int
    fence: int
    attempts: int
    purpose: str


def claim(connection: Connection, ids: Sequence[int], *, owner: str, lease: float) -> list[Claimed]:
    """Lease those of these tag jobs that are due or whose lease ran out; suspects are left for `claim_suspect`."""
    return _claim(connection, ids, owner=owner, lease=lease, attempts=INNOCENT)


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
    if connection.dialect.name != "postgresql":
        return texts(connection, leased(connection, ids, owner=owner, lease=lease, attempts=attempts))
    sql, values = _leasing(words(connection), ids, owner=owner, lease=lease, attempts=attempts)
    rows = connection.execute(
        statement(f"WITH l AS ({sql}) SELECT l.*, {_TEXT} FROM l JOIN posting p ON p.id = l.subject"), values
    ).all()
    return _claimed(rows)


def leased(
    connection: Connection, ids: Sequence[int], *, owner: str, lease: float, attempts: str = INNOCENT
) -> list[Leased]:
    """Lease jobs as `claim` does, and leave their texts to be read by `texts`."""
    sql, values = _leasing(words(connection), ids, owner=owner, lease=lease, attempts=attempts)
    return list(map(Leased._make, connection.execute(statement(sql), values)))


def texts(connection: Connection, found: Sequence[Leased]) -> list[Claimed]:
    """Return leased jobs with the texts of their postings as they are now.

    One that was edited since its job was leased has a newer revision, and its job is cancelled: whatever comes of it
    is dropped when it is completed.
    """
    if not found:
        return []
    read = connection.execute(
        statement(f"SELECT p.id, {_TEXT} FROM posting p WHERE p.id {words(connection).among}"),
        {"ids": as_ids([job.subject for job in found])},
    ).all()
    by_posting = {id_: cells for id_, *cells in read}
    return _claimed([(*job, *by_posting[job.subject]) for job in found if job.subject in by_posting])


def _leasing(
    w: Words, ids: Sequence[int], *, owner: str, lease: float, attempts: str
) -> tuple[str, dict[str, str | float]]:
    due = (  # COALESCE keeps the planner from believing that a partial index answers this
        f"SELECT id FROM job WHERE id {w.among} AND task = 'tag' AND {attempts} AND "
        f"(state = 'ready' AND COALESCE(run_at, {w.now}) <= {w.now} "
        f"OR state = 'leased' AND COALESCE(lease_until, {w.now}) < {w.now}) ORDER BY id {w.lock_skip}"
    )
    sql = (
        "UPDATE job SET state = 'leased', fence = fence + 1, attempts = attempts + 1, owner = :owner, "
        f"run_at = NULL, hinted_at = NULL, lease_until = {w.after(':lease')} WHERE id {w.in_selected(due)} "
        f"RETURNING {', '.join(Leased._fields)}"
    )
    return sql, {"ids": as_ids(sorted(set(ids))), "owner": owner, "lease": lease}


_TEXT = (
    "p.source, p.source_key, p.title, p.body, p.language, p.company, CASE WHEN p.kind = 'posting' THEN p.extra END, "
    "p.location, p.country"
)


def _claimed(rows: Sequence[Sequence[Any]]) -> list[Claimed]:  # Any: cells of a job and of its posting
    return [
        Claimed(
            id_, subject, revision, fence, attempts, purpose, f"{source}:{key}", Text(title, body, language, company),
            None if extra is None else _stated(extra, location, country),
        )
        for id_, subject, revision, fence, attempts, purpose, source, key, title, body, language, company, extra,
        location, country in sorted(rows, key=itemgetter(0))
    ]  # fmt: skip


def _stated(extra: str, location: str, country: str) -> Stated:
    if extra == "{}":
        return _STATED_NOTHING if not (location or country) else Stated(location, country)
    return Stated(location, country, json.loads(extra))


_STATED_NOTHING = Stated()
