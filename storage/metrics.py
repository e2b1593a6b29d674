"""What an exporter shows, asked at scrape; only indexes of open and dead jobs and small tables are read."""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage import drift, heartbeats, moments, sources
from storage.dialect import Words, statement, words
from storage.drift import Drift
from storage.heartbeats import Heartbeat
from storage.sources import SourceState

MOST = 1_000_000
"""Counting open jobs ends here, so that a scrape stays cheap."""
_LANES = {0: "live", 1: "backfill"}


@dataclass(frozen=True, slots=True)
class Open:
    """Open jobs of one task, lane and state; `oldest` is how many seconds the first of them has been due."""

    task: str
    lane: str
    state: str
    count: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Standings:
    """Everything that is shown."""

    backlog: list[Open]
    dead: dict[tuple[str, str], int]
    sources: list[SourceState]
    processes: list[Heartbeat]
    drift: list[Drift]


def standings(connection: Connection) -> Standings:
    """Ask for all of it; processes not seen for two minutes are gone."""
    w = words(connection)
    return Standings(
        _open(connection, "run_at", "ready", w) + _open(connection, "lease_until", "leased", w),
        _dead(connection),
        sources.listed(connection),
        heartbeats.all_since(connection, seconds=120),
        drift.latest(connection),
    )


def _open(connection: Connection, column: str, state: str, w: Words) -> list[Open]:
    found = connection.execute(
        statement(
            f"SELECT task, lane, count(*), MIN({column}) AS first FROM "
            f"(SELECT task, lane, {column} FROM job WHERE {column} IS NOT NULL LIMIT :most) AS open GROUP BY task, lane"
        ),
        {"most": MOST},
    ).all()
    clock = connection.execute(statement(f"SELECT {w.now}")).scalar_one()
    now = moments.read(clock)
    return [
        Open(task, _LANES.get(lane, str(lane)), state, count, max(0.0, (now - moments.read(first)).total_seconds()))
        for task, lane, count, first in found
    ]


def _dead(connection: Connection) -> dict[tuple[str, str], int]:
    found = connection.execute(
        statement(
            "SELECT task, COALESCE(cause, ''), count(*) FROM job WHERE dead_at IS NOT NULL "
            "GROUP BY task, COALESCE(cause, '')"
        )
    )
    return {(task, cause): count for task, cause, count in found}
