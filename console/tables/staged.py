"""The part file of formats that can only be written in one go: a JSON array of cells a line."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from console.tables import cells


def staged(values: Sequence[object]) -> bytes:
    """Return a record's cells as one line."""
    return cells.line(values)


def unstaged(part: Path) -> Iterator[list[object]]:
    """Yield the cells of each record again."""
    with part.open("rb") as file:
        for line in file:
            yield json.loads(line)
