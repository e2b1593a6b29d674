"""XLSX: rows are staged in the part file and made into a workbook at the end."""

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from console.tables.cells import plain
from console.tables.staged import staged, unstaged
from metier.errors import Rejected

ROWS = 1_048_575  # a sheet's rows, its header excepted
_CELL = 32_767
_FORMULA = ("=", "+", "-", "@")
_EARLIEST = 1901  # a sheet has no days before 1900, and miscounts those of its first months
_EXACT = 2**53  # beyond it a spreadsheet rounds whole numbers


class Xlsx:
    """One sheet; text stays text whatever it begins with, days are days, overlong cells are cut and counted."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._cut = 0

    def head(self) -> bytes:
        """Return nothing: the header is written at the end."""
        return b""

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return the record's cells for the part file."""
        return staged([_staged(record.get(column)) for column in self._columns])

    def finish(self, part: Path, result: Path) -> list[str]:
        """Write the workbook beside the result and rename it."""
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("tagged")
        sheet.freeze_panes = "A2"
        sheet.append([self._cell(sheet, column) for column in self._columns])
        for number, cells in enumerate(unstaged(part), start=1):
            check_rows(number, result)
            sheet.append([self._cell(sheet, cell) for cell in cells])
        made = result.with_name(result.name + ".made")
        try:
            book.save(made)
            made.replace(result)
        finally:
            made.unlink(missing_ok=True)
        return [f"cells cut to the {_CELL:,} characters that .xlsx allows: {self._cut:,}"] if self._cut else []

    def _cell(self, sheet: Any, value: object) -> Any:  # openpyxl takes many types
        if isinstance(value, dict):
            return _restored(value)
        if isinstance(value, str):
            return self._text(sheet, value)
        if isinstance(value, int) and abs(value) > _EXACT:
            return str(value)
        return None if isinstance(value, float) and not math.isfinite(value) else value

    def _text(self, sheet: Any, value: str) -> Any:  # openpyxl ships no types
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        text = ILLEGAL_CHARACTERS_RE.sub("", value).encode("utf-8", "replace").decode()
        self._cut += len(text) > _CELL
        text = text[:_CELL]
        if not text.startswith(_FORMULA):
            return text
        cell = WriteOnlyCell(sheet, text)
        cell.data_type, cell.quotePrefix = "s", True  # as a sheet keeps what was typed behind an apostrophe
        return cell


def _staged(value: object) -> object:
    """Return days and moments that a sheet can hold marked as such, so that the part file does not make them text."""
    if isinstance(value, datetime):
        return {"moment": value.isoformat()} if value.year >= _EARLIEST and value.tzinfo is None else value
    if isinstance(value, date):
        return {"day": value.isoformat()} if value.year >= _EARLIEST else value
    return plain(value)


def _restored(marked: Mapping[str, str]) -> date:
    ((kind, text),) = marked.items()
    return datetime.fromisoformat(text) if kind == "moment" else date.fromisoformat(text)


def check_rows(number: int, result: Path) -> None:
    """Refuse the row that no sheet can hold."""
    if number > ROWS:
        raise Rejected(
            f"{result}: row {number:,}: an .xlsx sheet holds {ROWS:,} rows; use --output with .csv or .parquet"
        )
