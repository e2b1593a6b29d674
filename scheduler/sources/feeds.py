"""RSS 2.0 and Atom feeds that the operator names; a feed shows the newest, so what is not on it has not vanished."""

from collections.abc import Generator, Mapping
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from metier.errors import Rejected, SourceChanged
from metier.settings import Settings
from metier.types import Posting
from scheduler import listing, markup, xml_items
from scheduler.addresses import checked, host
from scheduler.answers import Answer
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.one_answer import OneAnswer, Question
from scheduler.reading.postings import moment
from scheduler.shapes import link
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Limits

KIND = "feeds"
DAILY = 500
LARGEST = 8 * 2**20
_CARD = Card(
    reads="Job postings in RSS 2.0 and Atom feeds at the addresses you name.",
    terms="Those of whoever publishes the feed; a feed is meant to be read by programs.",
    quota=f"{DAILY:,} calls a day for each feed; polling every 15 minutes takes 96, an unchanged feed costs no text.",
    switch='Off until sources.toml names a feed: [[feeds]] url = "https://jobs.example.org/feed.xml".',
)
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


class Feed(Board):
    """One feed."""

    examples: ClassVar[Mapping[str, str]] = {"url": '"https://jobs.example.org/feed.xml"', "name": '"example"'}

    url: str
    name: Slug | None = None
    language: str = ""

    @property
    def title(self) -> str:
        """Return the name, else the host."""
        return self.name or host(self.url) or "unnamed"


@boards(KIND, _CARD, Feed)
def load(settings: Settings, board: Feed) -> Source:
    """Read the feed at this address."""
    return Feeds(board, ledger=Ledger(settings.database, f"{KIND}:{board.title}", daily=DAILY))


class Feeds:
    """The postings of one feed."""

    def __init__(self, board: Feed, *, ledger: Ledger, limits: Limits | None = None) -> None:
        self.name = f"{KIND}:{board.title}"
        parts = urlsplit(checked(board.url, {host(board.url)}, setting=f"[[{KIND}]] url"))
        root = f"{parts.scheme}://{parts.netloc}"
        missing = f"is the url of [[{KIND}]] {board.title} in sources.toml right?"
        question = Question(root, board.url[len(root) :], missing)
        self._board = board
        self._answer = OneAnswer(self.name, question, self._shown, ledger=ledger, limits=limits or Limits(size=LARGEST))

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the feed where it has changed."""
        return self._answer.pages(cursor)

    def _shown(self, answer: Answer) -> listing.Shown:
        good: dict[str, Posting] = {}
        bad: dict[str, str] = {}
        items = xml_items.items(self.name, answer.body, ("item", "entry"), roots=("rss", "feed", "RDF"))
        for number, item in enumerate(items):
            key = (xml_items.inner(item, "guid") or xml_items.inner(item, "id") or _link(item))[:600]
            try:
                good[key] = self._posting(item, key)
            except Rejected as error:
                bad[key or f"#{number}"] = f"{self.name}:{key[:200] or f' item {number + 1}'}: {error}"
        if bad and not good:
            raise SourceChanged(f"{next(iter(bad.values()))}, and so of all {len(bad)} items")
        return listing.Shown(good, bad, whole=False)

    def _posting(self, item: Any, key: str) -> Posting:  # Any: an Element
        title = markup.text_of(xml_items.inner(item, "title"))
        if not title or not key:
            raise Rejected(f"the field {'title' if key else 'guid'} is missing")
        bodies = (xml_items.inner(item, name) for name in ("encoded", "content", "description", "summary"))
        categories = [
            (child.get("term") or "".join(child.itertext())).strip() for child in item if child.tag == "category"
        ]
        labels = [one for one in dict.fromkeys(categories) if one]
        return Posting(
            self.name, key, title,
            body=markup.text_of(next((body for body in bodies if body), "")),
            company=xml_items.inner(item, "company") or self._board.company,
            location=xml_items.inner(item, "location"),
            language=item.get(_LANGUAGE) or self._board.language,
            url=_link(item),
            published=_moment(item, "pubDate", "published", "date", "updated"),
            closing=_moment(item, "expirationDate", "closingDate", "expires"),
            extra={"labels": {"category": labels}} if labels else {},
        )  # fmt: skip


def _link(item: Any) -> str:  # Any: an Element
    for child in item:
        if child.tag == "link" and child.get("rel", "alternate") == "alternate":
            return link(child.get("href") or child.text)
    return link(xml_items.inner(item, "guid"))


def _moment(item: Any, *names: str) -> datetime | None:  # Any: an Element
    return next((found for name in names if (found := moment(xml_items.inner(item, name)))), None)
