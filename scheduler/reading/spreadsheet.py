"""XLSX: the first sheet that has the needed columns, read as a stream."""

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from typing import IO, Any

from metier.errors import BadRow, ConfigError, Rejected
from scheduler.reading.columns import distinct, doubled, resolve
from scheduler.reading.rows import Row, Table, Truncated
from scheduler.reading.streams import Stream, seekable

MAGIC = b"PK\x03\x04"
_BANNER = 20  # rows of banner that may stand above the header
_UNPACKED = 8 * 2**30
_MIDNIGHT = time()
_STRINGS = 2**30  # openpyxl holds the shared strings in memory


@dataclass(frozen=True, slots=True)
class _Header:
    """The row of a sheet that names its columns."""

    row: int
    names: list[str]
    fields: Mapping[str, str]
    notes: list[str]


def open_spreadsheet(stream: Stream, *, columns: Mapping[str, str], stack: ExitStack) -> Table:
    """Find the sheet and its header and return the table."""
    file = stack.enter_context(seekable(stream))
    with _damage(stream.name):
        _check(file, stream.name)
        sheets = _sheets(file, stack)
        sheet, header = _first(sheets, columns, name=stream.name)
    others = [one.title for one in sheets if one is not sheet]
    notes = [f"read as XLSX, sheet {sheet.title!r}"]
    notes += [f"other sheets are not read: {', '.join(map(repr, others))}"] if others else []
    notes += header.notes
    total = sheet.max_row or 0
    sheet.reset_dimensions()  # some writers state a wrong size, which would cut rows off
    read = header.row

    def rows() -> Iterator[Row | BadRow]:
        nonlocal read
        try:
            with _damage(stream.name):
                for read, cells in _filled(sheet):
                    if read > header.row:
                        values = dict(zip(header.names, _widened(cells, len(header.names)), strict=False))
                        yield Row(read, values, header.fields, "row")
        except Rejected as error:
            yield Truncated(f"row {read + 1}: {error}; the rows before it were read", row=read + 1)

    return Table(
        *(stream.name, tuple(header.names), header.fields, tuple(notes), rows),
        *(lambda: min(1.0, read / total) if total > 1 else None, lambda: tuple(header.names)),
    )


def _sheets(file: IO[bytes], stack: ExitStack) -> list[Any]:  # openpyxl ships no types
    """Return the worksheets with a filled row; hidden ones only where there are no others."""
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    stack.callback(book.close)
    filled = [sheet for sheet in book.worksheets if next(_filled(sheet), None) is not None]
    return [sheet for sheet in filled if sheet.sheet_state == "visible"] or filled


def _first(sheets: Sequence[Any], columns: Mapping[str, str], *, name: str) -> tuple[Any, _Header]:
    """Return the first sheet that has the needed columns; fail as for the very first one where none has."""
    if not sheets:
        raise Rejected(f"{name}: no sheet has rows; the first row must name the columns")
    failure = None
    for sheet in sheets:
        try:
            return sheet, _header(list(islice(_filled(sheet), _BANNER)), columns, name=name)
        except ConfigError as error:
            failure = failure or error
    if len(sheets) > 1:
        failure = ConfigError(
            f"{failure}; nor has another of the sheets: {', '.join(repr(one.title) for one in sheets[1:])}"
        )
    raise failure or Rejected(f"{name}: no header")


def _filled(sheet: Any) -> Iterator[tuple[int, list[object]]]:  # openpyxl ships no types
    """Yield the rows that hold something, with their numbers."""
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            yield number, [_day(cell) for cell in cells]


def _day(cell: object) -> object:
    """Return midnight as the day that it means: a sheet knows moments only, and shows this one as a day."""
    return cell.date() if isinstance(cell, datetime) and cell.time() == _MIDNIGHT else cell


def _header(beginning: list[tuple[int, list[object]]], columns: Mapping[str, str], *, name: str) -> _Header:
    """Return the first row that has the needed columns; fail as for the very first one where none has."""
    failure = None
    for number, cells in beginning:
        while cells and cells[-1] is None:
            cells.pop()
        header = distinct(cells)
        try:
            fields = resolve(header, columns, name=name)
        except ConfigError as error:
            failure = failure or error
            continue
        return _Header(number, header, fields, doubled(cells, header, fields))
    raise failure or Rejected(f"{name}: no header")


def _widened(cells: list[object], width: int) -> list[object]:
    return cells if len(cells) >= width else [*cells, *[None] * (width - len(cells))]


def _check(file: IO[bytes], name: str) -> None:
    """Refuse other things that come as ZIP files, and what would unpack to more than a spreadsheet can be."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
    held = [entry.filename for entry in entries]
    if "mimetype" in held and "content.xml" in held:
        raise Rejected(f"{name}: is an OpenDocument file; save it as .xlsx or CSV")
    if "xl/workbook.bin" in held:
        raise Rejected(f"{name}: is a binary workbook (.xlsb); save it as .xlsx or CSV")
    if "[Content_Types].xml" not in held:
        raise Rejected(f"{name}: is a ZIP archive; unpack it and name a file of it ({', '.join(map(repr, held[:3]))})")
    strings = max((entry.file_size for entry in entries if entry.filename.endswith("sharedStrings.xml")), default=0)
    if sum(entry.file_size for entry in entries) > _UNPACKED or strings > _STRINGS:
        raise Rejected(f"{name}: unpacks to more than a workbook may hold; save it as CSV")
    file.seek(0)


@contextmanager
def _damage(name: str) -> Iterator[None]:
    """Say in our words what openpyxl meets in broken workbooks; it has no error of its own for most of it."""
    import zlib
    from xml.etree.ElementTree import ParseError

    broken = (zipfile.BadZipFile, zlib.error, ParseError, KeyError, ValueError, TypeError, AttributeError, EOFError)
    try:
        yield
    except (*broken, IndexError, NotImplementedError, RuntimeError, OSError) as error:
        raise Rejected(f"{name}: is no readable .xlsx ({error}); open and save it again, or save it as CSV") from error
