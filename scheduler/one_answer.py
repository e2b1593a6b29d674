"""A board that says all it has in one answer: asked by conditions, and read where the answer is new."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from metier.errors import SourceChanged
from scheduler import listing
from scheduler.answers import Answer, read_json
from scheduler.ledger import Ledger
from scheduler.sources import Page
from scheduler.sources.polite import Client, Limits


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, where, and what a person can do where nothing is there."""

    url: str
    path: str
    missing: str
    params: Mapping[str, str] = field(default_factory=dict)


class OneAnswer:
    """The pages of such a board; `shown` reads its postings out of the answer."""

    def __init__(
        self, name: str, question: Question, shown: Callable[[Answer], listing.Shown], *, ledger: Ledger,
        limits: Limits | None,
    ) -> None:  # fmt: skip
        self._name = name
        self._question = question
        self._shown = shown
        self._ledger = ledger
        self._limits = limits

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the board where it has changed."""
        client = Client(self._name, self._question.url, spend=self._ledger.spend, limits=self._limits)
        with closing(self._ledger), closing(client):
            answer = client.get(self._question.path, self._question.params, known=listing.known(cursor))
            if answer.unchanged:
                return
            problem = listing.problem(self._name, answer, remedies={404: self._question.missing})
            if problem is not None:
                raise problem
            marked = listing.mark(answer)
            if marked["content"] != listing.known(cursor).get("content"):
                yield from listing.pages(self._shown(answer), cursor, marked=marked)


def rows(name: str, answer: Answer, field: str) -> tuple[Sequence[object], Mapping[str, Any]]:  # Any: JSON
    """Return the postings of an answer in JSON, which stand in this field, and what stands beside them."""
    found = read_json(name, answer)
    given = found.get(field) if isinstance(found, dict) else None
    if not isinstance(given, list):
        raise SourceChanged(f"{name}: the field {field} is missing; look for a newer Metier")
    return given, found
