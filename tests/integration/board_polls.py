"""Polling a board of a test into a database, and looking at what became of it."""

from typing import Any

from sqlalchemy import text

from scheduler.poll import Polled, poll
from scheduler.sources import Source
from scheduler.work import Counts
from storage import sources
from storage.engine import Engine, reading


def polled(engine: Engine, source: Source) -> Polled:
    """Poll to the end."""
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def found(engine: Engine, source: Source) -> tuple[int, int]:
    """Poll and return how many postings were new and edited."""
    ingested = polled(engine, source).ingested
    return ingested.new, ingested.edited


def rows(engine: Engine, what: str) -> list[Any]:  # Any: whatever is asked for
    """Return columns of all postings."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {what} FROM posting ORDER BY source_key"))]  # noqa: S608


def gone(engine: Engine) -> set[str]:
    """Return the keys of postings that are marked."""
    return {key for key, marked in rows(engine, "source_key, gone_at IS NOT NULL") if marked}


def aside(engine: Engine) -> list[str]:
    """Return what was set aside last."""
    with reading(engine) as connection:
        return [reason for state in sources.listed(connection) for reason in state.bad_last]
