"""XLSX: the first sheet that has rows, read as a stream."""

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import islice
from typing import IO, Any

from metier.errors import BadRow, ConfigError, Rejected
from scheduler.reading.columns import distinct, resolve
from scheduler.reading.rows import Row, Table
from scheduler.reading.streams import Stream, seekable

MAGIC = b"PK\x03\x04"
_BANNER = 20  # rows of banner that may stand above the header
_UNPACKED = 8 * 2**30
_STRINGS = 2**30  # openpyxl holds the shared strings in memory


def open_spreadsheet(stream: Stream, *, columns: Mapping[str, str], stack: ExitStack) -> Table:
    """Find the sheet and its header and return the table."""
    file = stack.enter_context(seekable(stream))
    with _damage(stream.name):
        _check_size(file, stream.name)
        sheet, others = _sheet(file, stack)
        total = sheet.max_row or 0
        sheet.reset_dimensions()  # some writers state a wrong size, which would cut rows off
        beginning = list(islice(_filled(sheet), _BANNER))
    if not beginning:
        raise Rejected(f"{stream.name}: no sheet has rows; the first row must name the columns")
    first, header, fields = _header(beginning, columns, name=stream.name)
    notes = [f"read as XLSX, sheet {sheet.title!r}"]
    notes += [f"other sheets are not read: {', '.join(map(repr, others))}"] if others else []
    read = first

    def rows() -> Iterator[Row | BadRow]:
        nonlocal read
        with _damage(stream.name):
            for read, cells in _filled(sheet):
                if read > first:
                    yield Row(read, dict(zip(header, _widened(cells, len(header)), strict=False)), fields, "row")

    return Table(
        *(stream.name, tuple(header), fields, tuple(notes), rows),
        *(lambda: min(1.0, read / total) if total > 1 else None, lambda: tuple(header)),
    )


def _sheet(file: IO[bytes], stack: ExitStack) -> tuple[Any, list[str]]:
    """Return the first worksheet with a filled row, and the names of the others that have some."""
    from openpyxl import load_workbook

    book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    stack.callback(book.close)
    filled = [sheet for sheet in book.worksheets if next(_filled(sheet), None) is not None]
    visible = [sheet for sheet in filled if sheet.sheet_state == "visible"] or filled or book.worksheets
    return visible[0], [sheet.title for sheet in visible[1:]]


def _filled(sheet: Any) -> Iterator[tuple[int, list[object]]]:  # openpyxl ships no types
    """Yield the rows that hold something, with their numbers."""
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if any(cell is not None and cell != "" for cell in cells):
            yield number, list(cells)


def _header(
    beginning: list[tuple[int, list[object]]], columns: Mapping[str, str], *, name: str
) -> tuple[int, list[str], dict[str, str]]:
    """Return the first row that has the needed columns; fail as for the very first one where none has."""
    failure = None
    for number, cells in beginning:
        while cells and cells[-1] is None:
            cells.pop()
        header = distinct(cells)
        try:
            return number, header, resolve(header, columns, name=name)
        except ConfigError as error:
            failure = failure or error
    raise failure or Rejected(f"{name}: no header")


def _widened(cells: list[object], width: int) -> list[object]:
    return cells if len(cells) >= width else [*cells, *[None] * (width - len(cells))]


def _check_size(file: IO[bytes], name: str) -> None:
    """Refuse what would unpack to more than a spreadsheet can be."""
    with zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
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
