"""One source into storage: a page is saved and the cursor moved in the same transaction, so a crash costs nothing."""

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial

import structlog

from metier.errors import DatabaseAway, MetierError, SourceRefused, Transient
from metier.types import Posting
from scheduler import flaws
from scheduler.sources import Page, Source
from scheduler.work import AGAIN, Counts, Outcome, Overtaken, Work, described
from storage import filed, partials, postings, sources, vanished
from storage.engine import Connection, Engine, reading, transaction
from storage.postings import Ingested
from storage.schedule import Schedule
from storage.sources import SourceState

LIMIT = 300.0
"""Seconds without a page after which a poll counts as hanging."""
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
        """Poll the source unless its breaker is open; what it answered is written down as the slot ends."""
        source = self._sources.get(str(work.schedule.params["source"]))
        if source is None:
            return Outcome("skipped", "it was switched off meanwhile")
        state = _standing(work.engine, source.name)
        if state.refused is not None:
            return Outcome("skipped", f"refused: {state.refused}")
        if state.waits_until is not None:
            return Outcome("skipped", f"left alone until {state.waits_until:%Y-%m-%d %H:%M:%S} UTC")
        try:
            found = poll(
                work.engine, source, hold=work.hold, counts=work.counts,
                enough=lambda: work.stop.is_set() or self._paused.is_set(),
            )  # fmt: skip
        except (Overtaken, DatabaseAway):
            raise
        except SourceRefused as error:
            _log.error("source refused", source=source.name, reason=str(error))
            return Outcome("refused", str(error), partial(sources.refuse, name=source.name, reason=str(error)))
        except Exception as error:  # noqa: BLE001  what a source raises ends its poll, not the scheduler
            reason = str(error) if isinstance(error, MetierError) else described(error)
            after = error.after.total_seconds() if isinstance(error, Transient) and error.after else None
            _log.warning("poll failed", source=source.name, reason=reason)
            return Outcome("failed", reason, partial(sources.fail, name=source.name, error=reason, after=after))
        new, edited = found.ingested.new, found.ingested.edited
        if new or edited or found.bad:
            _log.info("polled", source=source.name, new=new, edited=edited, set_aside=found.bad)
        return AGAIN if found.cut else Outcome("done", str(found), partial(sources.succeed, name=source.name))

    def expired(self, work: Work) -> None:
        """Count the hanging poll as a failure."""
        with transaction(work.engine) as connection:
            name = str(work.schedule.params["source"])
            sources.fail(connection, name, f"{name}: no answer for {self.limit:.0f} s, given up")


def poll(
    engine: Engine, source: Source, *, hold: Callable[[Connection], None], enough: Callable[[], bool], counts: Counts
) -> Polled:
    """Save what the source has, page by page; `hold` is called in each transaction, `enough` before each page."""
    cursor = _standing(engine, source.name).cursor
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


def _standing(engine: Engine, name: str) -> SourceState:
    with reading(engine) as connection:
        found = sources.find(connection, name)
    if found is not None:
        return found
    with transaction(engine) as connection:
        return sources.begin(connection, name)


def _save(
    engine: Engine, name: str, page: Page, *, before: Mapping[str, object], hold: Callable[[Connection], None]
) -> tuple[Ingested, int]:
    def save(good: list[Posting], unsavable: list[str]) -> tuple[Ingested, int]:
        bad = [*page.bad, *unsavable]
        with transaction(engine) as connection:
            hold(connection)
            settled = partials.settle(connection, good)
            found = postings.ingest(connection, settled.postings, lane=page.lane)
            _note_gone(connection, page.of or name, page)
            if not sources.advance(connection, name, before=before, after=page.cursor, bad=bad):
                raise Overtaken(f"{name}: somebody else has polled it meanwhile")
        return found + Ingested(0, 0, settled.known), len(bad)

    return flaws.without(engine, page.postings, save)


def _note_gone(connection: Connection, name: str, page: Page) -> None:
    if page.listing is not None:
        vanished.keep_only(connection, name, page.listing)
    if page.gone:
        vanished.mark(connection, name, page.gone)
    if page.filed:
        filed.note(connection, name, page.filed)
