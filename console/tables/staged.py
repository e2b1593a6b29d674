"""The part file of formats that can only be written in one go: a JSON array of cells a line."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from console.tables import cells


def staged(record: Mapping[str, object], columns: Sequence[str]) -> bytes:
    """Return a record's cells as one line."""
    return cells.line([cells.plain(record.get(column)) for column in columns])


def unstaged(part: Path) -> Iterator[list[object]]:
    """Yield the cells of each record again."""
    with part.open("rb") as file:
        for line in file:
            yield json.loads(line)
