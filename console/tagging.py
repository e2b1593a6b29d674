"""Tagging a table from end to end: rows in, outcomes in the same order out, however often it is interrupted."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from console.tables.answers import Outcome
from console.tables.formats import Format
from metier.errors import BadRow, MetierError
from metier.types import Tag, Text
from scheduler.reading.postings import text_of
from scheduler.reading.rows import Misfit, Row, Truncated

CHUNK_ROWS = 2048
CHUNK_SIZE = 2_000_000  # characters; of long bodies fewer rows make a chunk


class Tagging(Protocol):
    """What tags texts."""

    def tag(self, texts: Sequence[Text], *, top: int) -> Sequence[Sequence[Tag] | Exception]:
        """Return each text's tags, best first, or what it failed with: same length, same order."""


class Engine(Tagging, Protocol):
    """What tags, and which artifact of each taxonomy it does so with."""

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Return the artifact behind each taxonomy."""


Chunk = Sequence[Row | BadRow]


@dataclass(frozen=True, slots=True)
class Written:
    """A chunk as it stands in the result, and what came of its rows."""

    lines: bytes
    failed: Sequence[str]  # why rows have no tags
    truncated: bool  # the file breaks off here


@dataclass(frozen=True, slots=True)
class Pen:
    """Knows how a chunk is tagged and written; it travels to the processes that do so."""

    layout: Format
    record: Callable[[Outcome], Mapping[str, object]]
    top: int
    completed: Callable[[Sequence[Outcome]], Sequence[Outcome]] = list
    """Adds to outcomes what is told beside their tags."""

    def write(self, chunk: Chunk, tagging: Tagging) -> Written:
        """Tag the rows of a chunk that can be tagged and say of the others why not, each in its place."""
        outcomes = self.completed(_outcomes(chunk, tagging, top=self.top))
        line, record = self.layout.line, self.record
        lines = b"".join([line(record(outcome)) for outcome in outcomes])
        failed = [outcome.error for outcome in outcomes if outcome.error]
        return Written(lines, failed, outcomes[-1].truncated)


class Hands(Protocol):
    """Those that tag: this process alone, or a crew."""

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Return the artifact behind each taxonomy."""

    def written(self, chunks: Iterable[Chunk], pen: Pen) -> Iterator[tuple[Chunk, Written]]:
        """Yield each chunk with what came of it, in their order."""

    def close(self) -> None:
        """End what was started."""


class Alone:
    """One engine in this process."""

    def __init__(self, engine: Engine) -> None:
        self.artifacts = engine.artifacts
        self._engine = engine

    def written(self, chunks: Iterable[Chunk], pen: Pen) -> Iterator[tuple[Chunk, Written]]:
        """Tag one chunk after the other."""
        for chunk in chunks:
            yield chunk, pen.write(chunk, self._engine)

    def close(self) -> None:
        """Do nothing: nothing was started."""


def after(chunks: Iterable[Chunk], skip: int) -> Iterator[Chunk]:
    """Leave out the first rows; `skip` is what earlier chunks came to."""
    for chunk in chunks:
        if skip > 0:
            skip -= len(chunk)
            continue
        yield chunk


def cut(rows: Iterable[Row | BadRow]) -> Iterator[Chunk]:
    """Group rows by nothing but the rows themselves, so that a resumed run cuts where the first one did."""
    chunk: list[Row | BadRow] = []
    size = 0
    for row in rows:
        chunk.append(row)
        size += sum(len(cell) for cell in row.values.values() if isinstance(cell, str)) if isinstance(row, Row) else 0
        if len(chunk) == CHUNK_ROWS or size >= CHUNK_SIZE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _outcomes(chunk: Chunk, tagging: Tagging, *, top: int) -> list[Outcome]:
    read = [_read(row) for row in chunk]
    texts = [text for text in read if isinstance(text, Text)]
    answers = iter(tagging.tag(texts, top=top) if texts else ())
    return [
        _outcome(row, next(answers) if isinstance(text, Text) else text) for row, text in zip(chunk, read, strict=True)
    ]


def _read(row: Row | BadRow) -> Text | BadRow:
    try:
        return text_of(row) if isinstance(row, Row) else row
    except BadRow as error:
        return error


def _outcome(row: Row | BadRow, answer: Sequence[Tag] | Exception) -> Outcome:
    if isinstance(row, BadRow):
        return Outcome(
            row.found if isinstance(row, Misfit) else None, error=str(row), truncated=isinstance(row, Truncated)
        )
    if isinstance(answer, BadRow):
        return Outcome(row, error=str(answer))
    if isinstance(answer, Exception):
        reason = str(answer) if isinstance(answer, MetierError) else f"{type(answer).__name__}: {answer}"
        return Outcome(row, error=f"{row.place}: cannot be tagged ({reason[:300]})")
    return Outcome(row, answer)
