"""Job boards at Greenhouse, each by the token that stands in its address; a board is one answer."""

import html
from collections.abc import Generator, Mapping
from contextlib import closing
from typing import Any, ClassVar

from metier.errors import SourceChanged
from metier.settings import Settings
from metier.types import Posting
from scheduler import listing, markup
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.shapes import Json, link, moment, needed, part, parts, text
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Client, Limits, checked, read_json

KIND = "greenhouse"
HOST = "boards-api.greenhouse.io"
DAILY = 1000
_CARD = Card(
    reads="All open jobs of the companies you name, as their public job boards at Greenhouse show them.",
    terms="A public interface without a key, meant for showing a company's jobs; ask the company before you republish.",
    quota=f"{DAILY:,} calls a day for each board; polling every 15 minutes takes 96, an unchanged board costs no text.",
    switch="Off until sources.toml names a board: [[greenhouse]] token = \"acme\", from boards.greenhouse.io/acme.",
)  # fmt: skip


class GreenhouseBoard(Board):
    """One company's board."""

    slot: ClassVar[str] = "token"
    examples: ClassVar[Mapping[str, str]] = {"token": '"acme"'}

    token: Slug
    url: str = f"https://{HOST}/v1"


@boards(KIND, _CARD, GreenhouseBoard)
def load(settings: Settings, board: GreenhouseBoard) -> Source:
    """Read the board of this token."""
    return Greenhouse(board, ledger=Ledger(settings.database, f"{KIND}:{board.token}", daily=DAILY))


class Greenhouse:
    """The open jobs of one board."""

    def __init__(self, board: GreenhouseBoard, *, ledger: Ledger, limits: Limits | None = None) -> None:
        self.name = f"{KIND}:{board.token}"
        self._url = checked(board.url, {HOST}, setting=f"[[{KIND}]] {board.token}: url")
        self._board = board
        self._ledger = ledger
        self._limits = limits

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the board where it has changed."""
        client = Client(self.name, self._url, spend=self._ledger.spend, limits=self._limits)
        with closing(self._ledger), closing(client):
            path = f"/boards/{self._board.token}/jobs"
            answer = client.get(path, {"content": "true"}, known=listing.known(cursor))
            if answer.unchanged:
                return
            remedies = {404: f"is token = {self._board.token!r} in sources.toml right, and the board still public?"}
            if (problem := listing.problem(self.name, answer, remedies=remedies)) is not None:
                raise problem
            marked = listing.mark(answer)
            if marked["content"] != listing.known(cursor).get("content"):
                yield from listing.pages(self._shown(answer), cursor, marked=marked)

    def _shown(self, answer: Any) -> listing.Shown:  # Any: an Answer of the client
        found = read_json(self.name, answer)
        rows = found.get("jobs") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise SourceChanged(f"{self.name}: the field jobs is missing; look for a newer Metier")
        total = found["meta"].get("total") if isinstance(found.get("meta"), dict) else None
        if isinstance(total, int) and total > len(rows):
            raise SourceChanged(f"{self.name}: the field meta.total says {total}, but {len(rows)} jobs are given")
        return listing.shown(self.name, rows, key=lambda row: needed(row, "id"), posting=self._posting)

    def _posting(self, row: Json) -> Posting:
        labels = {
            "departments": [text(one, "name") for one in parts(row, "departments")],
            "offices": [text(one, "name") for one in parts(row, "offices")],
        }
        for one in parts(row, "metadata"):
            labels[text(one, "name")] = _values(one.get("value"))
        return Posting(
            self.name, needed(row, "id"), needed(row, "title"),
            body=markup.text_of(html.unescape(text(row, "content"))),
            company=self._board.company or text(row, "company_name"),
            location=text(part(row, "location"), "name"),
            language=text(row, "language"),
            url=link(row.get("absolute_url")),
            published=moment(row, "first_published"),
            closing=moment(row, "application_deadline"),
            extra={
                "labels": {name: [value for value in values if value] for name, values in labels.items()
                           if name and any(values)},
                "changed": text(row, "updated_at"),
            },
        )  # fmt: skip


def _values(value: object) -> list[str]:
    """Return what a company wrote into a field of its own; amounts and dates of its own making are left alone."""
    values = value if isinstance(value, list) else [value]
    return [one.strip() for one in values if isinstance(one, str)]
