"""Job boards at Lever, each by the name of its site, read page by page with an overlap.

Lever counts by offset, so that a posting that goes while we turn pages moves all after it up. Each page begins within
what the last one showed; where nothing of that is there any more, the reader steps back.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from typing import Any, ClassVar

from metier.errors import SourceChanged
from metier.settings import Settings
from metier.types import Posting
from scheduler import listing, markup
from scheduler.addresses import checked
from scheduler.answers import Answer, read_json
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.offsets import Reader
from scheduler.shapes import Json, link, moment, needed, number, part, parts, text
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Client, Limits

KIND = "lever"
HOSTS = ("api.lever.co", "api.eu.lever.co")
DAILY = 5000
_CARD = Card(
    reads="All published jobs of the companies you name, as their public job boards at Lever show them, with pay.",
    terms="A public interface without a key, meant for showing a company's jobs; ask the company before you republish.",
    quota=f"{DAILY:,} calls a day for each board; polling every 15 minutes takes 96 for each hundred jobs.",
    switch="Off until sources.toml names a board: [[lever]] site = \"acme\", from jobs.lever.co/acme.",
)  # fmt: skip
_PERIODS = {
    "per-year-salary": "year", "per-month-salary": "month", "semi-month-salary": "", "bi-month-salary": "",
    "bi-week-salary": "", "per-week-salary": "week", "per-day-wage": "day", "per-hour-wage": "hour",
}  # fmt: skip


class LeverBoard(Board):
    """One company's board."""

    slot: ClassVar[str] = "site"
    examples: ClassVar[Mapping[str, str]] = {"site": '"acme"', "url": '"https://api.eu.lever.co/v0"'}

    site: Slug
    url: str = f"https://{HOSTS[0]}/v0"


@boards(KIND, _CARD, LeverBoard)
def load(settings: Settings, board: LeverBoard) -> Source:
    """Read the board of this site."""
    return Lever(board, ledger=Ledger(settings.database, f"{KIND}:{board.site}", daily=DAILY))


class Lever:
    """The published jobs of one site."""

    def __init__(self, board: LeverBoard, *, ledger: Ledger, limits: Limits | None = None, page: int = 100) -> None:
        self.name = f"{KIND}:{board.site}"
        self._url = checked(board.url, HOSTS, setting=f"[[{KIND}]] {board.site}: url")
        self._board = board
        self._ledger = ledger
        self._limits = limits
        self._page = page

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the board where it has changed."""
        client = Client(self.name, self._url, spend=self._ledger.spend, limits=self._limits)
        with closing(self._ledger), closing(client):
            reader = Reader(self.name, lambda skip: self._rows(client, skip), size=self._page, key=_key)
            rows = reader.read()
            marked = {"content": reader.content} if reader.still else {}
            if marked and marked["content"] == listing.known(cursor).get("content"):
                return
            found = listing.shown(self.name, rows, key=_key, posting=self._posting)
            if not reader.still:  # a posting that moved up may have been missed: nothing is taken for vanished
                found += listing.Shown(whole=False)
            yield from listing.pages(found, cursor, marked=marked)

    def _rows(self, client: Client, skip: int) -> Sequence[object]:
        answer = client.get(
            f"/postings/{self._board.site}", {"mode": "json", "skip": str(skip), "limit": str(self._page)}
        )
        remedies = {404: f"is site = {self._board.site!r} in sources.toml right, and the board still public?"}
        if (problem := listing.problem(self.name, answer, remedies=remedies)) is not None:
            raise problem
        return self._list(answer)

    def _list(self, answer: Answer) -> Sequence[object]:
        found = read_json(self.name, answer)
        if not isinstance(found, list):
            raise SourceChanged(f"{self.name}: the answer is no list of postings; look for a newer Metier")
        return found

    def _posting(self, row: Json) -> Posting:
        categories = part(row, "categories")
        labels = {name: [text(categories, name)] for name in ("department", "team") if text(categories, name)}
        places = categories.get("allLocations")
        places = [one for one in places if isinstance(one, str)] if isinstance(places, list) else []
        remote = text(row, "workplaceType")
        stated = {
            "labels": labels,
            "employment": [text(categories, "commitment")] if text(categories, "commitment") else [],
            "remote": "" if remote == "unspecified" else remote,
            "salary": _salary(part(row, "salaryRange")),
            "salary_text": text(row, "salaryDescriptionPlain"),
        }
        return Posting(
            self.name, _key(row), needed(row, "text"),
            body=_body(row),
            company=self._board.company,
            location="; ".join(places) or text(categories, "location"),
            country=text(row, "country"),
            url=link(row.get("hostedUrl")),
            published=moment(row, "createdAt"),
            extra={name: value for name, value in stated.items() if value},
        )  # fmt: skip


def _key(row: Json) -> str:
    return needed(row, "id")


def _body(row: Json) -> str:
    """Return opening, lists and closing words, in the order in which Lever shows them."""
    lists = [f"{text(one, 'text')}\n{markup.text_of(text(one, 'content'))}".strip() for one in parts(row, "lists")]
    opening = text(row, "descriptionPlain") or markup.text_of(text(row, "description"))
    ending = text(row, "additionalPlain") or markup.text_of(text(row, "additional"))
    return "\n\n".join(piece for piece in (opening, *lists, ending) if piece)


def _salary(pay: Json) -> dict[str, Any]:  # Any: JSON
    period = _PERIODS.get(text(pay, "interval"))
    found = {
        "currency": text(pay, "currency"), "low": number(pay, "min"), "high": number(pay, "max"), "period": period,
    }  # fmt: skip
    usable = found["currency"] and period != "" and (found["low"] is not None or found["high"] is not None)
    return {name: value for name, value in found.items() if value is not None} if usable else {}
