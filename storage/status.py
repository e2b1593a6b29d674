"""How the system stands: what waits, what is dead and why, how fast work goes. Ages are in seconds.

Everything is read from the small indexes of open jobs or from the newest rows, so that ten million done jobs cost
nothing; only `totals` counts whole tables.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection

from storage.dialect import Words, statement, words
from storage.jobs import LANES

_NEWEST = 20_000
_LANES = {number: lane.value for lane, number in LANES.items()}


@dataclass(frozen=True, slots=True)
class Backlog:
    """The open jobs of one task and lane: due now, due later, in the hands of a worker; `oldest` is of those due."""

    task: str
    lane: str
    ready: int
    later: int
    leased: int
    oldest: float


@dataclass(frozen=True, slots=True)
class Dead:
    """Jobs set aside for one cause, with the newest of their messages."""

    task: str
    cause: str
    count: int
    error: str
    newest: float


@dataclass(frozen=True, slots=True)
class Rate:
    """How many postings got tags lately, a second: over the last minute and over the last fifteen."""

    minute: float
    quarter: float


@dataclass(frozen=True, slots=True)
class SourceStanding:
    """What is known of one source; `waits` is how long its breaker stays open."""

    name: str
    failures: int
    waits: float
    refused: str
    ok_ago: float | None
    error: str


@dataclass(frozen=True, slots=True)
class Quota:
    """How much of something countable was used on one day (UTC)."""

    name: str
    day: str
    used: float


@dataclass(frozen=True, slots=True)
class Totals:
    """How much is kept."""

    postings: int
    titles: int
    tags: int
    jobs_done: int


def backlog(connection: Connection) -> list[Backlog]:
    """Return the open jobs by task and lane."""
    w = words(connection)
    found: dict[tuple[str, int], list[float]] = {}
    waiting = connection.execute(
        statement(
            f"SELECT task, lane, SUM(CASE WHEN run_at <= {w.now} THEN 1 ELSE 0 END), count(*), "
            f"{_ago(w, 'MIN(run_at)')} FROM job WHERE run_at IS NOT NULL GROUP BY task, lane"
        )
    )
    for task, lane, ready, all_, oldest in waiting:
        found[task, lane] = [int(ready), int(all_) - int(ready), 0, max(0.0, float(oldest))]
    leased = connection.execute(
        statement("SELECT task, lane, count(*) FROM job WHERE lease_until IS NOT NULL GROUP BY task, lane")
    )
    for task, lane, count in leased:
        found.setdefault((task, lane), [0, 0, 0, 0.0])[2] = int(count)
    return [
        Backlog(task, _LANES.get(lane, str(lane)), int(ready), int(later), int(held), oldest)
        for (task, lane), (ready, later, held, oldest) in sorted(found.items())
    ]


def dead(connection: Connection) -> list[Dead]:
    """Return the jobs that were set aside, by cause, the most frequent first."""
    w = words(connection)
    found = connection.execute(
        statement(
            "SELECT g.task, COALESCE(g.cause, ''), g.n, j.error, g.ago FROM (SELECT task, cause, count(*) AS n, "
            f"MAX(id) AS newest, {_ago(w, 'MAX(dead_at)')} AS ago FROM job WHERE dead_at IS NOT NULL "
            "GROUP BY task, cause) g JOIN job j ON j.id = g.newest ORDER BY g.n DESC, g.cause"
        )
    )
    return [Dead(task, cause, int(n), error or "", max(0.0, float(ago))) for task, cause, n, error, ago in found]


def rate(connection: Connection) -> Rate:
    """Return how fast postings are tagged; at very high rates judged by the newest events."""
    return Rate(_rate(connection, 60.0), _rate(connection, 900.0))


def sources(connection: Connection) -> list[SourceStanding]:
    """Return how each source stands."""
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT name, failures, -({_ago(w, 'open_until')}), refused, {_ago(w, 'last_ok')}, last_error "
            "FROM source ORDER BY name"
        )
    )
    return [
        SourceStanding(
            name, failures, max(0.0, float(waits or 0)), refused or "",
            None if ok is None else max(0.0, float(ok)), (error or "") if failures else "",
        )
        for name, failures, waits, refused, ok, error in found
    ]  # fmt: skip


def quotas(connection: Connection, *, now: datetime) -> list[Quota]:
    """Return what was used today."""
    day = now.astimezone(UTC).date().isoformat()
    found = connection.execute(
        statement("SELECT name, day, used FROM quota WHERE day = :day ORDER BY name"), {"day": day}
    )
    return [Quota(name, day_, float(used)) for name, day_, used in found]


def totals(connection: Connection) -> Totals:
    """Count what is kept; this reads whole tables."""
    kinds = {
        kind: int(n) for kind, n in connection.execute(statement("SELECT kind, count(*) FROM posting GROUP BY kind"))
    }
    tags = connection.execute(statement("SELECT count(*) FROM tag")).scalar_one()
    done = connection.execute(statement("SELECT count(*) FROM job WHERE state = 'done'")).scalar_one()
    return Totals(kinds.get("posting", 0), kinds.get("title", 0), int(tags), int(done))


def clock(connection: Connection) -> float:
    """Return the database's clock as seconds since 1970."""
    if connection.dialect.name == "postgresql":
        return float(connection.execute(statement("SELECT EXTRACT(EPOCH FROM clock_timestamp())")).scalar_one())
    return float(connection.execute(statement("SELECT (julianday('now') - 2440587.5) * 86400.0")).scalar_one())


def _rate(connection: Connection, seconds: float) -> float:
    w = words(connection)
    count, span = connection.execute(
        statement(
            f"SELECT count(*), {_ago(w, 'MIN(at)')} FROM "
            "(SELECT at FROM outbox WHERE kind = 'tagged' ORDER BY id DESC LIMIT :most) newest "
            f"WHERE at > {w.after(':age')}"
        ),
        {"most": _NEWEST, "age": -seconds},
    ).one()
    return int(count) / (max(float(span or 0), 1.0) if count == _NEWEST else seconds)


def _ago(w: Words, column: str) -> str:
    if w.name == "postgresql":
        return f"EXTRACT(EPOCH FROM now() - {column})"
    return f"(julianday('now') - julianday({column})) * 86400.0"
