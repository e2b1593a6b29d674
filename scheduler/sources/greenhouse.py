"""Job boards at Greenhouse, each by the token that stands in its address; a board is one answer."""

import html
from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from metier.errors import SourceChanged
from metier.settings import Settings
from metier.types import Posting
from scheduler import listing, markup, one_answer
from scheduler.addresses import checked
from scheduler.answers import Answer
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.one_answer import OneAnswer, Question
from scheduler.shapes import Json, link, moment, needed, part, parts, text
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Limits

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
        question = Question(
            checked(board.url, {HOST}, setting=f"[[{KIND}]] {board.token}: url"),
            f"/boards/{board.token}/jobs",
            f"is token = {board.token!r} in sources.toml right, and the board still public?",
            {"content": "true"},
        )
        self._board = board
        self._answer = OneAnswer(self.name, question, self._shown, ledger=ledger, limits=limits)

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the board where it has changed."""
        return self._answer.pages(cursor)

    def _shown(self, answer: Answer) -> listing.Shown:
        given, beside = one_answer.rows(self.name, answer, "jobs")
        total = beside["meta"].get("total") if isinstance(beside.get("meta"), dict) else None
        if isinstance(total, int) and total > len(given):
            raise SourceChanged(f"{self.name}: the field meta.total says {total}, but {len(given)} jobs are given")
        return listing.shown(self.name, given, key=lambda row: needed(row, "id"), posting=self._posting)

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
