"""XLSX: rows are staged in the part file and made into a workbook at the end."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from console.tables.cells import guarded
from console.tables.staged import staged, unstaged
from metier.errors import Rejected

ROWS = 1_048_575  # a sheet's rows, its header excepted
_CELL = 32_767
_EXACT = 2**53  # beyond it a spreadsheet rounds whole numbers


class Xlsx:
    """One sheet; text keeps away from formulas, overlong cells are cut and counted."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._cut = 0

    def head(self) -> bytes:
        """Return nothing: the header is written at the end."""
        return b""

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return the record's cells for the part file."""
        return staged(record, self._columns)

    def finish(self, part: Path, result: Path) -> list[str]:
        """Write the workbook beside the result and rename it."""
        from openpyxl import Workbook

        book = Workbook(write_only=True)
        sheet = book.create_sheet("tagged")
        sheet.freeze_panes = "A2"
        sheet.append([self._cell(column) for column in self._columns])
        for number, cells in enumerate(unstaged(part), start=1):
            check_rows(number, result)
            sheet.append([self._cell(cell) for cell in cells])
        made = result.with_name(result.name + ".made")
        try:
            book.save(made)
            made.replace(result)
        finally:
            made.unlink(missing_ok=True)
        return [f"cells cut to the {_CELL:,} characters that .xlsx allows: {self._cut:,}"] if self._cut else []

    def _cell(self, value: object) -> Any:  # openpyxl takes many types
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if isinstance(value, str):
            text = str(guarded(ILLEGAL_CHARACTERS_RE.sub("", value)))
            self._cut += len(text) > _CELL
            return text[:_CELL]
        if isinstance(value, int) and abs(value) > _EXACT:
            return str(value)
        return None if isinstance(value, float) and not math.isfinite(value) else value


def check_rows(number: int, result: Path) -> None:
    """Refuse the row that no sheet can hold."""
    if number > ROWS:
        raise Rejected(
            f"{result}: row {number:,}: an .xlsx sheet holds {ROWS:,} rows; use --output with .csv or .parquet"
        )
