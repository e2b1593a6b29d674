"""Job boards at Ashby, each by the name that stands in its address; a board is one answer."""

from collections.abc import Generator, Mapping
from typing import Any, ClassVar

from metier.settings import Settings
from metier.types import Posting
from scheduler import listing, markup, one_answer
from scheduler.addresses import checked
from scheduler.answers import Answer
from scheduler.boards import Board, Slug
from scheduler.ledger import Ledger
from scheduler.one_answer import OneAnswer, Question
from scheduler.shapes import Json, link, moment, needed, number, part, parts, text
from scheduler.sources import Card, Page, Source, boards
from scheduler.sources.polite import Limits

KIND = "ashby"
HOST = "api.ashbyhq.com"
DAILY = 1000
_CARD = Card(
    reads="All listed jobs of the companies you name, as their public job boards at Ashby show them, with pay.",
    terms="A public interface without a key, meant for showing a company's jobs; ask the company before you republish.",
    quota=f"{DAILY:,} calls a day for each board; polling every 15 minutes takes 96.",
    switch="Off until sources.toml names a board: [[ashby]] board = \"acme\", from jobs.ashbyhq.com/acme.",
)  # fmt: skip
_PERIODS = {"YEAR": "year", "MONTH": "month", "WEEK": "week", "DAY": "day", "HOUR": "hour"}


class AshbyBoard(Board):
    """One company's board."""

    slot: ClassVar[str] = "board"
    examples: ClassVar[Mapping[str, str]] = {"board": '"acme"'}

    board: Slug
    url: str = f"https://{HOST}/posting-api"


@boards(KIND, _CARD, AshbyBoard)
def load(settings: Settings, board: AshbyBoard) -> Source:
    """Read the board of this name."""
    return Ashby(board, ledger=Ledger(settings.database, f"{KIND}:{board.board}", daily=DAILY))


class Ashby:
    """The listed jobs of one board."""

    def __init__(self, board: AshbyBoard, *, ledger: Ledger, limits: Limits | None = None) -> None:
        self.name = f"{KIND}:{board.board}"
        question = Question(
            checked(board.url, {HOST}, setting=f"[[{KIND}]] {board.board}: url"),
            f"/job-board/{board.board}",
            f"is board = {board.board!r} in sources.toml right, and the board still public?",
            {"includeCompensation": "true"},
        )
        self._board = board
        self._answer = OneAnswer(self.name, question, self._shown, ledger=ledger, limits=limits)

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the board where it has changed."""
        return self._answer.pages(cursor)

    def _shown(self, answer: Answer) -> listing.Shown:
        given, _ = one_answer.rows(self.name, answer, "jobs")
        return listing.shown(self.name, given, key=_key, posting=self._posting)

    def _posting(self, row: Json) -> Posting | None:
        if row.get("isListed") is False:  # to be reached by its address only
            return None
        address = part(part(row, "address"), "postalAddress")
        others = [text(one, "location") for one in parts(row, "secondaryLocations")]
        places = [place for place in (text(row, "location"), *others) if place]
        labels = {name: [text(row, name)] for name in ("department", "team") if text(row, name)}
        remote = text(row, "workplaceType") or ("remote" if row.get("isRemote") is True else "")
        pay = part(row, "compensation")
        stated = {
            "labels": labels,
            "employment": [text(row, "employmentType")] if text(row, "employmentType") else [],
            "remote": remote,
            "salary": _salary(pay),
            "salary_text": text(pay, "scrapeableCompensationSalarySummary") or text(pay, "compensationTierSummary"),
        }
        return Posting(
            self.name, _key(row), needed(row, "title"),
            body=markup.text_of(text(row, "descriptionHtml")) or text(row, "descriptionPlain"),
            company=self._board.company,
            location="; ".join(places),
            country=text(address, "addressCountry"),
            url=link(row.get("jobUrl")),
            published=moment(row, "publishedAt"),
            extra={name: value for name, value in stated.items() if value},
        )  # fmt: skip


def _key(row: Json) -> str:
    return text(row, "id") or needed(row, "jobUrl").rstrip("/").rpartition("/")[2]


def _salary(pay: Json) -> dict[str, Any]:  # Any: JSON
    """Return the salary over all tiers of one currency and period."""
    components = [one for tier in parts(pay, "compensationTiers") for one in parts(tier, "components")]
    salaries = [one for one in components if text(one, "compensationType").lower() == "salary"]
    if not salaries:
        return {}
    currency, interval = text(salaries[0], "currencyCode"), text(salaries[0], "interval")
    alike = [one for one in salaries if (text(one, "currencyCode"), text(one, "interval")) == (currency, interval)]
    lows = [low for one in alike if (low := number(one, "minValue")) is not None]
    highs = [high for one in alike if (high := number(one, "maxValue")) is not None]
    if not currency or not (lows or highs):
        return {}
    count, _, unit = interval.upper().rpartition(" ")
    found = {
        "currency": currency, "low": min(lows, default=None), "high": max(highs, default=None),
        "period": _PERIODS.get(unit) if count in ("", "1") else None,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value is not None}
