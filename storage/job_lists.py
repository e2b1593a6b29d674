"""Jobs as people look at them: which there are, by state and cause; nothing here changes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.types import JobState
from storage import filters, moments, retag_runs
from storage.dialect import as_rows, statement, words
from storage.jobs import LANES
from storage.refs import possible

_LANES = {number: lane.value for lane, number in LANES.items()}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs; an empty field means any."""

    ids: Sequence[int] = ()
    states: Sequence[JobState] = ()
    causes: Sequence[str] = ()
    task: str = ""
    ref: str = ""
    run: int | None = None
    """Made by this run."""
    postings: filters.Filter = filters.ANY
    """About such postings."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One job with the posting that it is about, empty where that is erased."""

    id: int
    task: str
    subject: int
    ref: str
    revision: int
    purpose: str
    lane: str
    state: str
    attempts: int
    owner: str
    cause: str
    error: str
    created_at: datetime
    run_at: datetime | None
    lease_until: datetime | None
    ended_at: datetime | None


def find(connection: Connection, wanted: Filter, *, most: int, before: int | None = None) -> list[Listed]:
    """Return the newest jobs that the filter lets through, or of those the ones before an id."""
    where, values = _where(connection, wanted)
    if before is not None:
        where, values = f"{where} AND j.id < :before", values | {"before": before}
    found = connection.execute(
        statement(
            "SELECT j.id, j.task, j.subject, p.source, p.source_key, j.revision, j.purpose, j.lane, j.state, "
            "j.attempts, j.owner, j.cause, j.error, j.created_at, j.run_at, j.lease_until, j.ended_at FROM job j "
            f"LEFT JOIN posting p ON j.task = 'tag' AND p.id = j.subject WHERE {where} ORDER BY j.id DESC LIMIT :most"
        ),
        values | {"most": most},
    )
    return [_listed(row) for row in found]


def count(connection: Connection, wanted: Filter) -> int:
    """Return how many jobs the filter lets through."""
    where, values = _where(connection, wanted)
    return int(
        connection.execute(
            statement(
                f"SELECT count(*) FROM job j LEFT JOIN posting p ON j.task = 'tag' AND p.id = j.subject WHERE {where}"
            ),
            values,
        ).scalar_one()
    )


def by_state(connection: Connection) -> dict[str, int]:
    """Return how many jobs are in each state; this reads the whole table."""
    found = connection.execute(statement("SELECT state, count(*) FROM job GROUP BY state"))
    return {row[0]: int(row[1]) for row in found}


def _where(connection: Connection, wanted: Filter) -> tuple[str, filters.Values]:
    w = words(connection)
    parts = ["1 = 1"]
    values = filters.Values()
    for column, name, allowed in (
        ("j.id", "ids", [str(id_) for id_ in wanted.ids]),
        ("j.state", "states", list(wanted.states)),
        ("j.cause", "causes", list(wanted.causes)),
    ):
        if allowed:
            listed = as_rows([{"v": value} for value in allowed])
            values[name] = listed
            field = "CAST(r.v AS bigint)" if name == "ids" else "r.v"
            rows = w.rows(v="text").replace(":rows", f":{name}")
            parts.append(f"{column} IN (SELECT {field} FROM {rows})")
    if list(wanted.states) == [JobState.DEAD]:
        parts.append("j.dead_at IS NOT NULL")  # the index of the dead
    if wanted.task:
        parts.append("j.task = :task")
        values["task"] = wanted.task
    if wanted.run is not None:
        parts.append("j.purpose = :purpose")
        values["purpose"] = retag_runs.purpose(wanted.run)
    if wanted.postings != filters.ANY:
        where, more = filters.postings_where(connection, wanted.postings)
        parts.append(where)
        values |= more
    if wanted.ref:
        pairs = possible(wanted.ref) or [(wanted.ref, "")]
        fits = [f"(p.source = :ref_source{n} AND p.source_key = :ref_key{n})" for n in range(len(pairs))]
        parts.append(f"({' OR '.join(fits)})")
        for n, (source, key) in enumerate(pairs):
            values |= {f"ref_source{n}": source, f"ref_key{n}": key}
    return " AND ".join(parts), values


def _listed(row: Sequence[Any]) -> Listed:  # Any: cells
    id_, task, subject, source, key, revision, purpose, lane, state, attempts, owner, cause, error, created, *times = (
        row
    )
    return Listed(
        id_, task, subject, f"{source}:{key}" if source is not None else "", revision, purpose,
        _LANES.get(lane, str(lane)), state, attempts, owner or "", cause or "", error or "",
        moments.read(created), *(None if moment is None else moments.read(moment) for moment in times),
    )  # fmt: skip
