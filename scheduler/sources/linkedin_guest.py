"""LinkedIn jobs from its pages for guests, for who has read the card: few, slowly, and no longer than it is let.

A poll looks at the first pages of each search, then at the jobs of the list and of the searches that it has not seen
for a while. Its place is kept after each page, so a poll that was broken off asks nothing twice.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from metier.settings import Settings
from metier.types import Posting
from scheduler.addresses import checked
from scheduler.ledger import Ledger
from scheduler.linkedin_guest import A_PAGE, HOST, NAME, Guest, wanted
from scheduler.reading.linkedin_pages import SOURCE
from scheduler.sources import Card, Page, Source, source
from scheduler.sources.polite import Limits

DAILY = 200
PACE = timedelta(seconds=10)
PAGES = 3
"""Pages looked at of one search."""
AGAIN = timedelta(days=7)
"""After how long a job is looked at again, to see what was edited or taken down."""
REMEMBERED = 5_000
_SIZE = 4 * 2**20
_CARD = Card(
    reads="Jobs at LinkedIn that anybody sees signed out: the searches and addresses of a list that you write.",
    terms="LinkedIn's User Agreement restricts automated access. Whether you may do this is for you to settle: ask "
    "your counsel or LinkedIn. It signs in nowhere, hides nothing, asks one page at a time, and stops at the "
    "first 429, 999 or login page until you say otherwise. The source linkedin reads saved pages instead.",
    quota=f"{DAILY} pages a day, {PACE.total_seconds():.0f} seconds between two, counted over all schedulers.",
    switch="Off until METIER_LINKEDIN_GUEST names the list and METIER_LINKEDIN_TERMS_READ is true.",
)


@source(NAME, _CARD, every="23 */6 * * *")
def load(settings: Settings) -> Source | None:
    """Read pages for guests, where somebody has read the card and written a list."""
    if settings.linkedin_guest is None or not settings.linkedin_terms_read:
        return None
    url = checked(settings.linkedin_url, (HOST,), setting="METIER_LINKEDIN_URL")
    pace = PACE if HOST in url else timedelta(0)  # what is not LinkedIn is a service of one's own on loopback
    return LinkedInGuest(
        url, settings.linkedin_guest, ledger=Ledger(settings.database, NAME, daily=DAILY),
        limits=Limits(size=_SIZE, pace=pace),
    )  # fmt: skip


class LinkedInGuest:
    """The jobs of a list of searches and addresses."""

    name = NAME

    def __init__(
        self, url: str, file: Path, *, ledger: Ledger, limits: Limits,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._url = url
        self._file = file
        self._ledger = ledger
        self._limits = limits
        self._clock = clock

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the results of searches, then the jobs themselves, a page each."""
        searches, jobs = wanted(self._file)
        place = _Place(cursor, self._clock())
        with closing(self._ledger), closing(self._guest()) as guest:
            for search in searches:
                yield from _searched(guest, search, place)
            for number in place.due(jobs):
                found = guest.job(number)
                listed = place.looked_at(number)
                if found is None:
                    yield Page([], place.cursor(), gone=[number], of=SOURCE)
                else:
                    yield Page([_completed(found, listed, jobs.get(number, ""))], place.cursor())
            place.finish()
            if place.cursor() != cursor:
                yield Page([], place.cursor())

    def _guest(self) -> Guest:
        return Guest(self._url, spend=self._ledger.spend, limits=self._limits)


class _Place:
    """What of this round is done, which jobs were found, and when each was looked at."""

    def __init__(self, cursor: Mapping[str, Any], now: datetime) -> None:  # Any: JSON
        self._now = now
        self.starts: dict[str, int] = dict(cursor.get("starts", {}))
        self._found: dict[str, str] = dict(cursor.get("found", {}))  # number to the day that the results gave
        self._seen: dict[str, str] = dict(cursor.get("seen", {}))

    def find(self, jobs: list[Posting]) -> bool:
        """Note the jobs of a page of results; return whether one of them is new."""
        known = self._seen.keys() | self._found.keys()
        fresh = {job.key: job.published.isoformat() if job.published else "" for job in jobs if job.key not in known}
        self._found |= fresh
        return bool(fresh)

    def due(self, jobs: Mapping[str, str]) -> Iterator[str]:
        """Yield the jobs to look at: of the list, found by searches, and those of which it is time again."""
        early = (self._now - AGAIN).date().isoformat()
        old = [number for number, day in self._seen.items() if day < early]
        for number in dict.fromkeys([*jobs, *self._found, *old]):
            if self._seen.get(number, "") < early or number not in self._seen:
                yield number

    def looked_at(self, number: str) -> str:
        """Note that this job was asked for; return the day that the results gave of it, if any."""
        self._seen.pop(number, None)
        self._seen[number] = self._now.date().isoformat()
        return self._found.pop(number, "")

    def finish(self) -> None:
        """Begin the next round from the first pages."""
        self.starts = {}

    def cursor(self) -> dict[str, Any]:  # Any: JSON
        """Return the place as it is kept."""
        seen = dict(list(self._seen.items())[-REMEMBERED:])
        return {"starts": dict(self.starts), "found": dict(list(self._found.items())[-REMEMBERED:]), "seen": seen}


def _searched(guest: Guest, search: str, place: _Place) -> Iterator[Page]:
    """Look at the pages of a search that are left in this round, until one shows nothing new.

    What they show of a job is less than its own page, which is asked for next; so nothing of them is saved.
    """
    while (start := place.starts.get(search, 0)) < PAGES * A_PAGE:
        results, bad = guest.results(search, start)
        fresh = place.find(results)
        more = fresh and len(results) + len(bad) >= A_PAGE
        place.starts[search] = start + A_PAGE if more else PAGES * A_PAGE
        yield Page([], place.cursor(), bad)


def _completed(found: Posting, listed: str, rating: str) -> Posting:
    """Return the job with what its own page does not say: the day it was published, and a person's rating."""
    if listed:
        found = replace(found, published=datetime.fromisoformat(listed))
    if rating:
        labels = {**found.extra.get("labels", {}), "desirability": [rating]}
        found = replace(found, extra={**found.extra, "labels": labels})
    return found
