"""Sources that say what a test wants them to say."""

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from metier.types import Lane, Posting
from scheduler.sources import Page


class Listed:
    """A source with so many postings, some to a page; `before` is called before each page and may raise."""

    def __init__(
        self, postings: Sequence[Posting], *, size: int = 2, bad: Mapping[int, str] | None = None,
        before: Callable[[int], None] = lambda number: None,
    ) -> None:  # fmt: skip
        self.name = "listed"
        self.postings = list(postings)
        self.closed = 0
        self._size = size
        self._bad = bad or {}
        self._before = before

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield from the place that the cursor names."""
        try:
            for start in range(int(cursor.get("next", 0)), len(self.postings), self._size):
                self._before(start // self._size)
                after = start + self._size
                bad = [reason for place, reason in self._bad.items() if start <= place < after]
                yield Page(self.postings[start:after], {"next": after}, bad, Lane.LIVE)
            self._before(-1)
        finally:
            self.closed += 1


class Paged:
    """A source that yields these pages, one a poll."""

    def __init__(self, *pages: Page) -> None:
        self.name = "paged"
        self._pages = list(pages)
        self._given = 0

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the pages that are left."""
        while self._pages:
            self._given += 1
            yield self._pages.pop(0)

    def turned(self) -> bool:
        """Tell once after each page that there is enough."""
        given, self._given = self._given, 0
        return given > 0
