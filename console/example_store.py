"""Bring examples of a file into the database and out of it; what cannot be brought in is named, the rest goes on."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from console import example_rows
from console.example_rows import Labelled, Sheet
from console.tables.cells import guarded, line
from metier.errors import BadRow
from storage import examples
from storage.engine import Engine, transaction
from storage.examples import Conflict, Kept

COLUMNS = ("text", "taxonomy", "label", "origin", "split", "language", "by", "at")

_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an import."""

    examples: int
    new: int
    known: int
    bad: int
    conflicts: tuple[Conflict, ...]


def take(engine: Engine, sheet: Sheet, *, by: str, bad: Callable[[str], None]) -> Taken:
    """Keep the examples of a file; the same file again is nothing new."""
    count = new = faults = 0
    keys: set[str] = set()
    chunk: list[Labelled] = []

    def save() -> int:
        with transaction(engine) as connection:
            added = examples.add(connection, [(one.key, one.example) for one in _distinct(chunk)], by=by)
        chunk.clear()
        return added

    for one in example_rows.read(sheet):
        if isinstance(one, BadRow):
            faults += 1
            bad(str(one))
            continue
        count += 1
        keys.add(one.key)
        chunk.append(one)
        if len(chunk) == _AT_ONCE:
            new += save()
    new += save()
    with transaction(engine) as connection:
        conflicts = examples.conflicts(connection, among=keys)
    return Taken(count, new, count - new, faults, tuple(c for c in conflicts if c.taxonomy in sheet.taxonomies))


def lines(kept: Iterator[Kept], suffix: str) -> Iterator[str]:
    """Yield examples as lines of CSV (with its header) or JSONL."""
    if suffix == ".csv":
        yield _csv(COLUMNS)
    for one in kept:
        cells = (
            *(one.example.text, one.example.taxonomy, one.example.code, one.example.origin.value, one.split),
            *(one.example.language, one.made_by, one.made_at.isoformat()),
        )
        if suffix == ".csv":
            yield _csv(tuple(str(guarded(cell)) for cell in cells))
        else:
            yield line(dict(zip(COLUMNS, cells, strict=True))).decode()


def _distinct(chunk: list[Labelled]) -> list[Labelled]:
    """Return one of those that are alike: a database takes a key once a statement."""
    return list({(one.key, one.example.taxonomy, one.example.code, one.example.origin): one for one in chunk}.values())


def _csv(cells: tuple[str, ...]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerow(cells)
    return written.getvalue()
