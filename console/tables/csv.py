"""CSV in UTF-8 with commas: the part file is the result."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from console.tables.cells import guarded


class Csv:
    """One record a line, cells guarded against being taken for formulas."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns

    def head(self) -> bytes:
        """Return the header."""
        return _row([guarded(column) for column in self._columns])

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return the record's cells in the order of the columns."""
        return _row([guarded(record.get(column)) for column in self._columns])

    def finish(self, part: Path, result: Path) -> list[str]:
        """Give the part file its name."""
        part.replace(result)
        return []


def _row(values: Sequence[object]) -> bytes:
    written = io.StringIO(newline="")
    # the writer quotes a carriage return within a cell only if lines end with one
    csv.writer(written, lineterminator="\r\n").writerow([_cell(value) for value in values])
    return written.getvalue().removesuffix("\r\n").encode() + b"\n"


def _cell(value: object) -> object:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else value
