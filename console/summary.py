"""One line that says how work stands, for screens that live."""

from storage import heartbeats, status
from storage.engine import Engine, reading

FRESH = 30.0
"""A process not seen for so many seconds counts as gone."""


def line(engine: Engine) -> str:
    """Return what waits, what is in work, how fast it goes and who works."""
    from console.listing import span

    with reading(engine) as connection:
        open_jobs = status.backlog(connection)
        dead = sum(row.count for row in status.dead(connection))
        rate = status.rate(connection).minute
        processes = heartbeats.all_since(connection, seconds=FRESH)
    ready = sum(row.ready for row in open_jobs)
    oldest = max((row.oldest for row in open_jobs), default=0.0)
    workers = sum(process.role.startswith("worker") for process in processes)
    schedulers = sum(process.role == "scheduler" for process in processes)
    parts = [
        f"waiting {ready:,}" + (f" (oldest {span(oldest)})" if ready else ""),
        f"in work {sum(row.leased for row in open_jobs):,}",
        f"{rate:,.1f} tagged/s",
        f"dead {dead:,}",
        f"schedulers {schedulers}",
        f"workers {workers}",
    ]
    return " · ".join(parts)
