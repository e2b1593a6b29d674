"""Reading a list that is counted by offset while it changes: each page overlaps the one before it.

An insert moves rows down, and they are read twice; a row that goes moves others up, where they would be missed. So a
page begins within what is known; where nothing known is on it, the reader steps back until something is.
"""

import json
from collections.abc import Callable, Sequence
from hashlib import blake2b

from metier.errors import Rejected, SourceChanged
from scheduler.shapes import Json

OVERLAP = 5
"""Rows of which a page shows again those that the last one showed."""
PAGES = 200
"""Pages that are turned in one reading, at the most."""


class Reader:
    """Reads all rows; `still` says whether nothing moved meanwhile, `content` what was read."""

    def __init__(
        self, name: str, ask: Callable[[int], Sequence[object]], *, size: int, key: Callable[[Json], str]
    ) -> None:
        self.still = True
        self.content = ""
        self._name = name
        self._ask = ask
        self._size = size
        self._key = key
        self._overlap = min(OVERLAP, size // 2)

    def read(self) -> list[object]:
        """Return each row once, as it was last seen."""
        rows: dict[str, object] = {}
        skip = 0
        for _ in range(PAGES):
            page = self._ask(skip)
            if len(page) > self._size:
                raise SourceChanged(f"{self._name}: {len(page)} postings are given where {self._size} were asked for")
            keys = [self._known_by(row, skip + number) for number, row in enumerate(page)]
            expected = list(rows)[skip : skip + self._overlap] if skip else []
            if keys[: len(expected)] != expected:
                self.still = False
            if skip and page and not rows.keys() & set(keys):
                skip = max(0, skip - self._size)  # so much went that a whole page moved up
                continue
            rows |= dict(zip(keys, page, strict=True))
            if len(page) < self._size:
                self.content = blake2b(json.dumps(list(rows.values())).encode(), digest_size=12).hexdigest()
                return list(rows.values())
            skip += self._size - self._overlap
        raise SourceChanged(f"{self._name}: no end after {PAGES} pages; is the offset still heeded?")

    def _known_by(self, row: object, place: int) -> str:
        try:
            return self._key(row) if isinstance(row, dict) else f"#{place}"
        except Rejected:
            return f"#{place}"
