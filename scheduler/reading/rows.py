"""What a table and its rows look like to whoever reads them, and how large they may be."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import partial
from typing import Any

from metier.errors import BadRow

ROW_LIMIT = 4 * 2**20  # characters of one row; a longer one is set aside without being held in memory
FIELDS = (
    "id",
    "title",
    "body",
    "company",
    "location",
    "language",
    "country",
    "url",
    "published",
    "closing",
    "kind",
    "cv",
    "start",
    "end",
)


@dataclass(frozen=True, slots=True)
class Row:
    """One readable row: its number in the file, its cells by the file's own column names, and which of them we know."""

    number: int
    values: Mapping[str, object]
    fields: Mapping[str, str]
    unit: str = "line"

    @property
    def place(self) -> str:
        """Return how messages call this row."""
        return f"{self.unit} {self.number}"

    def get(self, name: str) -> object:
        """Return the cell of a known field, None where the file has none."""
        column = self.fields.get(name)
        return None if column is None else self.values.get(column)

    def text(self, name: str) -> str:
        """Return the cell of a known field as stripped text; refuse what is no single value."""
        value = self.get(name)
        if isinstance(value, str):
            return value.strip()
        if value is None or value != value:  # noqa: PLR0124 -- NaN, how Parquet files from pandas say "nothing"
            return ""
        if isinstance(value, int | float | datetime | date | time) and not isinstance(value, bool):
            return str(value)
        raise bad(self, f"{name} is {_kind(value)}; give text")


@dataclass(frozen=True, slots=True)
class Table:
    """An open file: its columns, what was detected, and its rows, which can be walked once."""

    name: str
    header: tuple[str, ...]
    fields: Mapping[str, str]
    notes: tuple[str, ...]
    rows: Callable[[], Iterator[Row | BadRow]]
    done: Callable[[], float | None]  # how much of the file is read, 0 to 1, where that can be known
    survey: Callable[[], tuple[str, ...]]  # every column of the file; may have to walk through it
    types: Mapping[str, Any] = field(default_factory=dict)  # pyarrow types by column, where the format has types


class Truncated(BadRow):
    """The file ends in the middle; what came before it was read."""


class Misfit(BadRow):
    """The cells of a row do not fit the header; they go with it, as far as they can be told apart."""

    def __init__(self, message: str, *, row: int, found: Row) -> None:
        super().__init__(message, row=row)
        self.found = found

    def __reduce__(self) -> tuple[object, ...]:
        return partial(type(self), row=self.row, found=self.found), self.args


def bad(row: Row, reason: str) -> BadRow:
    """Return the error of a row, its place first."""
    return BadRow(f"{row.place}: {reason}", row=row.number)


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bytes: "binary", bool: "true or false"}
    return names.get(type(value), f"a {type(value).__name__}")
