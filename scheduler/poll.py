"""One source into storage: a page is saved and the cursor moved in the same transaction, so a crash costs nothing."""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import structlog

from metier.errors import DatabaseAway, MetierError, SourceRefused, Transient
from metier.types import Posting
from scheduler.sources import Page, Source
from scheduler.work import AGAIN, Counts, Outcome, Overtaken, Work, described
from storage import postings, sources
from storage.engine import Connection, Engine, transaction
from storage.postings import Ingested
from storage.schedule import Schedule

LIMIT = 300.0
"""Seconds without a page after which a poll counts as hanging."""
KEY_LIMIT = 500
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poll brought, and whether it was told to end before the source had no more."""

    ingested: Ingested
    bad: int
    cut: bool = False

    def __str__(self) -> str:
        found = self.ingested
        return f"{found.new} new, {found.edited} edited, {found.same} as before, {self.bad} set aside"


class Poll:
    """The periodic job `poll` with the parameter `source`."""

    limit = LIMIT

    def __init__(self, configured: Mapping[str, Source], paused: threading.Event) -> None:
        self._sources = configured
        self._paused = paused

    def wants(self, schedule: Schedule) -> bool:
        """Tell whether the source is switched on here and the backlog leaves room."""
        return schedule.params.get("source") in self._sources and not self._paused.is_set()

    def run(self, work: Work) -> Outcome:
        """Poll the source unless its breaker is open; write down what it answered."""
        name = str(work.schedule.params["source"])
        with transaction(work.engine) as connection:
            state = sources.begin(connection, name)
        if state.refused is not None:
            return Outcome("skipped", f"refused: {state.refused}")
        if state.waits_until is not None:
            return Outcome("skipped", f"left alone until {state.waits_until:%Y-%m-%d %H:%M:%S} UTC")
        return self._polled(work, self._sources[name])

    def expired(self, work: Work) -> None:
        """Count the hanging poll as a failure."""
        with transaction(work.engine) as connection:
            name = str(work.schedule.params["source"])
            sources.fail(connection, name, f"{name}: no answer for {self.limit:.0f} s, given up")

    def _polled(self, work: Work, source: Source) -> Outcome:
        try:
            found = poll(
                work.engine, source, hold=work.hold, counts=work.counts,
                enough=lambda: work.stop.is_set() or self._paused.is_set(),
            )  # fmt: skip
        except (Overtaken, DatabaseAway):
            raise
        except SourceRefused as error:
            _log.error("source refused", source=source.name, reason=str(error))
            with transaction(work.engine) as connection:
                work.hold(connection)
                sources.refuse(connection, source.name, str(error))
            return Outcome("refused", str(error))
        except Exception as error:  # noqa: BLE001  what a source raises ends its poll, not the scheduler
            reason = str(error) if isinstance(error, MetierError) else described(error)
            after = error.after.total_seconds() if isinstance(error, Transient) and error.after else None
            _log.warning("poll failed", source=source.name, reason=reason)
            with transaction(work.engine) as connection:
                work.hold(connection)
                sources.fail(connection, source.name, reason, after=after)
            return Outcome("failed", reason)
        new, edited = found.ingested.new, found.ingested.edited
        if new or edited or found.bad:
            _log.info("polled", source=source.name, new=new, edited=edited, set_aside=found.bad)
        with transaction(work.engine) as connection:
            work.hold(connection)
            sources.succeed(connection, source.name)
        return AGAIN if found.cut else Outcome("done", str(found))


def poll(
    engine: Engine, source: Source, *, hold: Callable[[Connection], None], enough: Callable[[], bool], counts: Counts
) -> Polled:
    """Save what the source has, page by page; `hold` is called in each transaction, `enough` before each page."""
    with transaction(engine) as connection:
        cursor = sources.begin(connection, source.name).cursor
    polled = Polled(Ingested(0, 0, 0), 0)
    with closing(source.pages(cursor)) as pages:
        while not enough():
            page = next(pages, None)
            if page is None:
                return polled
            found, bad = _save(engine, source.name, page, before=cursor, hold=hold)
            for word, number in (("new", found.new), ("edited", found.edited), ("bad", bad)):
                counts.add(f"postings_{word}", number)
            polled = Polled(polled.ingested + found, polled.bad + bad)
            cursor = page.cursor
    return replace(polled, cut=True)


def _save(
    engine: Engine, name: str, page: Page, *, before: Mapping[str, object], hold: Callable[[Connection], None]
) -> tuple[Ingested, int]:
    flaws = {posting.ref: reason for posting in page.postings if (reason := flaw(posting)) is not None}
    good = [posting for posting in page.postings if posting.ref not in flaws]
    bad = [*page.bad, *(f"{ref[:100]}: {reason}" for ref, reason in flaws.items())]
    with transaction(engine) as connection:
        hold(connection)
        found = postings.ingest(connection, good, lane=page.lane)
        if not sources.advance(connection, name, before=before, after=page.cursor, bad=bad):
            raise Overtaken(f"{name}: somebody else has polled it meanwhile")
    return found, len(bad)


def flaw(posting: Posting) -> str | None:
    """Return why this posting cannot be stored, None where it can."""
    if not posting.key or len(posting.key) > KEY_LIMIT:
        return f"its key has {len(posting.key)} characters; 1 to {KEY_LIMIT} can be stored"
    for moment in (posting.published, posting.closing):
        if moment is not None and not _storable(moment):
            return f"the date {moment.isoformat()} cannot be stored; give one in UTC"
    return None


def _storable(moment: datetime) -> bool:
    try:
        return moment.tzinfo is not None and moment.astimezone(UTC).year > 0
    except OverflowError:
        return False
