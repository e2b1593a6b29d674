"""Pages that the operator names and that state schema.org JobPosting, each known by its path; robots.txt is heeded.

The cursor keeps of each page by what it is known again and which postings were on it, so that a poll goes on where it
was broken off and an unchanged page costs nothing.
"""

from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any, ClassVar, Self
from urllib.parse import urlsplit

from pydantic import model_validator

from metier.errors import Rejected, SourceChanged, SourceUnavailable
from metier.settings import Settings
from metier.types import Posting
from scheduler import json_ld, listing, robots, site
from scheduler.addresses import checked, host
from scheduler.answers import Answer, fault
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Client, Limits, TooLarge

KIND = "pages"
DAILY = 5000
LARGEST = 2 * 2**20
TOGETHER = 10
"""Pages of the site that are saved at once."""
_GONE = (404, 410)
_PAGE_S_OWN = (*_GONE, 301, 302, 303, 307, 308)
_FAILURES = 3
"""So many pages in a row that fail are the site's failure, fewer are theirs."""
_TOLD = 1_000
_CARD = Card(
    reads="Pages at the addresses or in the sitemap that you name, where they state schema.org JobPosting (JSON-LD).",
    terms="Those of the site; its robots.txt is heeded with its Crawl-delay. Ask the site before you name it.",
    quota=f"{DAILY:,} calls a day for each site, one at a time, once an hour; an unchanged page costs no text.",
    switch='Off until sources.toml names a site: [[pages]] name = "acme", sitemap = "https://acme.example/sitemap.xml".',
)


class Site(Board):
    """One site: some of its pages, or its sitemap with the path under which jobs stand."""

    examples: ClassVar[Mapping[str, str]] = {
        "name": '"acme"', "urls": '["https://acme.example/jobs/1"]', "sitemap": '"https://acme.example/sitemap.xml"',
        "under": '"/jobs/"',
    }  # fmt: skip

    name: Slug
    urls: tuple[str, ...] = ()
    sitemap: str = ""
    under: str = "/"

    @model_validator(mode="after")
    def _names_one_site(self) -> Self:
        if bool(self.urls) == bool(self.sitemap):
            raise ValueError("give either urls or a sitemap")
        if all(map(host, self.urls)) and len({urlsplit(url)[:2] for url in self.urls}) > 1:
            raise ValueError("the urls are at several hosts; write a table for each")
        return self

    @property
    def first(self) -> str:
        """Return an address of the site."""
        return self.sitemap or self.urls[0]


@boards(KIND, _CARD, Site, every="1h")
def load(settings: Settings, board: Site) -> Source:
    """Read the pages of this site."""
    return Pages(board, ledger=Ledger(settings.database, f"{KIND}:{board.name}", daily=DAILY))


@dataclass(slots=True)
class _Sweep:
    """One walk over the pages: what is known of each, and what was found since it was last saved."""

    known: dict[str, dict[str, Any]]  # Any: JSON
    told: set[str]
    postings: list[Posting] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    failures: int = 0
    lost: int = 0

    def tell(self, reason: str) -> None:
        """Note what is wrong, where it was not told before."""
        short = blake2b(reason.encode("utf-8", "replace"), digest_size=6).hexdigest()
        if short not in self.told:
            self.told.add(short)
            self.bad.append(reason)

    def page(self, **place: str) -> Page:
        """Return what was found, to be saved."""
        cursor = {
            "pages": {path: dict(one) for path, one in self.known.items()},
            "told": sorted(self.told)[:_TOLD],
            **place,
        }
        found = Page(self.postings, cursor, self.bad)
        self.postings, self.bad = [], []
        return found


class Pages:
    """The job postings of one site."""

    def __init__(self, board: Site, *, ledger: Ledger, limits: Limits | None = None) -> None:
        self.name = f"{KIND}:{board.name}"
        parts = urlsplit(checked(board.first, {host(board.first)}, setting=f"[[{KIND}]] {board.name}"))
        self._root = f"{parts.scheme}://{parts.netloc}"
        self._board = board
        self._ledger = ledger
        self._limits = limits or Limits(size=LARGEST)

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield what is new on the pages, in the order of their paths."""
        client = Client(self.name, self._root, spend=self._ledger.spend, limits=self._limits)
        with closing(self._ledger), closing(client):
            allowed = robots.read(self.name, client)
            client.slow_down(allowed.delay)
            urls = self._board.urls or list(site.mapped(self.name, client, self._board.sitemap, self._root))
            chosen = site.chosen(urls, self._root, robots=allowed, under=self._board.under)
            yield from self._read(client, chosen, cursor)

    def _read(self, client: Client, chosen: site.Chosen, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:
        before = cursor.get("pages", {})
        sweep = _Sweep({path: before[path] for path in chosen.paths if path in before}, set(cursor.get("told", ())))
        for reason in chosen.refused:
            sweep.tell(f"{self.name}: {reason}")
        rest = [path for path in chosen.paths if path > cursor.get("at", "")]
        for number, path in enumerate(rest, start=1):
            self._look(client, path, sweep)
            if number % TOGETHER == 0 and number < len(rest):
                yield sweep.page(at=path)
        keys = {key for one in sweep.known.values() for key in one.get("keys", ())}
        if sweep.lost and not keys:
            raise SourceChanged(f"{self.name}: no page states a JobPosting any more; nothing is marked as vanished")
        yield replace(sweep.page(), listing=keys)

    def _look(self, client: Client, path: str, sweep: _Sweep) -> None:
        """Read one page; a page that fails alone is told, and read again at the next poll."""
        known = sweep.known.get(path, {})
        try:
            answer = client.get(path, {}, known=known.get("mark"))
            problem = (
                None if answer.unchanged or answer.status in _PAGE_S_OWN else fault(self.name, answer, remedies={})
            )
            if problem is not None:
                raise problem
        except TooLarge:
            sweep.tell(f"{self.name}:{path[:200]}: has more than {LARGEST // 2**20} MiB; it is not read")
            return
        except SourceUnavailable as error:
            sweep.failures += 1
            alone = len(self._board.urls) == 1
            if alone or sweep.failures >= _FAILURES or error.after is not None:
                raise
            sweep.tell(f"{path[:200]}: {error}")
            return
        sweep.failures = 0
        if answer.status in _PAGE_S_OWN:
            sweep.tell(f"{self.name}:{path[:200]}: {fault('it', answer, remedies={})}; take it out if it stays so")
            if answer.status in _GONE:
                sweep.known.pop(path, None)
        elif not answer.unchanged:
            mark = listing.mark(answer)
            if mark["content"] != known.get("mark", {}).get("content"):
                keys = self._found(path, answer, sweep)
                sweep.lost += bool(known.get("keys")) and not keys
                sweep.known[path] = {"mark": mark, "keys": keys}

    def _found(self, path: str, answer: Answer, sweep: _Sweep) -> list[str]:
        """Note the postings of one page and return their keys."""
        try:
            stated, wrong = json_ld.found(answer.body.decode("utf-8", "replace"))
        except Rejected as error:
            sweep.tell(f"{self.name}:{path[:200]}: {error}")
            return []
        for reason in wrong:
            sweep.tell(f"{self.name}:{path[:200]}: {reason}")
        if not stated and self._board.urls:
            sweep.tell(f"{self.name}:{path[:200]}: states no JobPosting")
        keys: list[str] = []
        for one in stated:
            key = path if len(stated) == 1 else f"{path}#{json_ld.identifier(one) or _short(one)}"
            keys.append(key)
            try:
                found = json_ld.posting(one, source=self.name, key=key, company=self._board.company)
            except Rejected as error:
                sweep.tell(f"{self.name}:{key[:200]}: {error}")
            else:
                sweep.postings.append(replace(found, url=found.url or f"{self._root}{path}"))
        return keys


def _short(stated: Mapping[str, Any]) -> str:  # Any: JSON
    return blake2b(str(stated.get("title")).encode("utf-8", "replace"), digest_size=6).hexdigest()
