"""CSV and TSV, row by row; a broken row is set aside and reading goes on in the line after it."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from metier.errors import BadRow, Rejected
from scheduler.reading.columns import distinct, doubled, resolve
from scheduler.reading.lines import Hints, Lines, TooLong, charset_name, encoding_of, text_of
from scheduler.reading.rows import ROW_LIMIT, Misfit, Row, Table, Truncated
from scheduler.reading.streams import Stream

_NAMES = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_RARE = {":": "colon", "^": "caret", "~": "tilde"}  # they stand in titles as well, so only the header can show them
_NEVER = "\x1f"  # delimiter of a file of one column
_SEPARATOR_LINE = "sep="  # Excel's own first line


def open_delimited(stream: Stream, *, columns: Mapping[str, str], hints: Hints) -> Table:
    """Detect encoding and delimiter, read the header and return the table."""
    encoding = encoding_of(stream, hints)
    beginning = _beginning(stream.head, encoding)
    delimiter = hints.delimiter or _delimiter(beginning, columns.get("title", "title"))
    dialect = _Dialect(delimiter, spaced=_spaced(beginning, delimiter))
    csv.field_size_limit(ROW_LIMIT)
    lines = Lines(text_of(stream, encoding, newline=""), stream.name)
    records = _records(lines, dialect)
    first = next(records, None)
    while isinstance(first, _Record) and _before_header(first):
        first = next(records, None)
    if first is None:
        raise Rejected(f"{stream.name}: is empty; the first line must name the columns")
    if isinstance(first, BadRow):
        raise Rejected(f"{stream.name}: the first line must name the columns, but {first}")
    if any("\x00" in cell for cell in first.cells):
        raise Rejected(f"{stream.name}: is no text file, nor another that can be read; save it as .xlsx or CSV")
    header = distinct(first.cells)
    fields = resolve(header, columns, name=stream.name)
    notes = (f"read as {charset_name(encoding)}, {_said(delimiter)}", *doubled(first.cells, header, fields))

    def rows() -> Iterator[Row | BadRow]:
        width = len(header)
        for record in records:
            if isinstance(record, BadRow):
                yield record
            elif len(record.cells) == width:
                yield Row(record.number, dict(zip(header, record.cells, strict=True)), fields)
            else:
                yield _ragged(record, header, fields, lines, delimiter=delimiter)

    return Table(
        stream.name, tuple(header), fields, notes, rows, lambda: lines.share(stream, encoding), lambda: tuple(header)
    )


@dataclass(frozen=True, slots=True)
class _Dialect:
    """What stands between cells; `spaced` where a space follows it, before a quote too."""

    delimiter: str
    spaced: bool


@dataclass(frozen=True, slots=True)
class _Record:
    number: int
    cells: list[str]


def _before_header(record: _Record) -> bool:
    """Tell whether this is a blank line, or Excel's own, rather than the header."""
    return not any(map(str.strip, record.cells)) or (
        record.number == 1 and record.cells[0].lower().startswith(_SEPARATOR_LINE)
    )


def _records(lines: Lines, dialect: _Dialect) -> Iterator[_Record | BadRow]:
    reader = csv.reader(lines, delimiter=dialect.delimiter, skipinitialspace=dialect.spaced)
    while True:
        start = lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except TooLong:
            yield _oversized(lines, start)
            continue
        except csv.Error as error:
            lines.hand_back()
            yield BadRow(f"line {start}: cannot be read as CSV ({error}); mend or remove the line", row=start)
            continue
        except Truncated as error:
            yield error
            return
        if lines.ended or (len(lines.pulled) > 1 and not _well_formed(lines.pulled, dialect)):
            lines.ended = False  # here the reader asked for more lines than there are: a quoted cell is open
            yield _unclosed(lines, start)
        elif cells:
            yield _Record(start, cells)


def _ragged(
    record: _Record, header: Sequence[str], fields: Mapping[str, str], lines: Lines, *, delimiter: str
) -> Row | BadRow:
    """Take a short row that has its title, and a long one whose surplus is empty; set others aside."""
    cells, width, number = record.cells, len(header), record.number
    if len(lines.pulled) > 1:
        return _unclosed(lines, number)
    surplus = len(cells) > width and any(cells[width:])
    fitting = [*cells[: width - 1], delimiter.join(cells[width - 1 :])] if surplus else cells
    row = Row(number, dict(zip(header, [*fitting, *[""] * (width - len(cells))], strict=False)), fields)
    said = f"line {number}: {len(cells)} cell{'' if len(cells) == 1 else 's'} where the header has {width}"
    if surplus:
        remedy = "put double quotes around cells that contain the delimiter"
        return Misfit(f"{said}; {remedy}", row=number, found=row)
    if len(cells) <= header.index(fields["title"]):
        remedy = "mend the line, and put double quotes around cells that contain a line break"
        return Misfit(f"{said}, none of them the title; {remedy}", row=number, found=row)
    return row


def _oversized(lines: Lines, start: int) -> BadRow:
    if len(lines.pulled) > 1:
        return _unclosed(lines, start)
    return BadRow(f"line {start}: longer than {ROW_LIMIT:,} characters; shorten the row", row=start)


def _unclosed(lines: Lines, start: int) -> BadRow:
    lines.hand_back()
    return BadRow(
        f"line {start}: a double quote opens a cell and never closes it; close it, or write it twice", row=start
    )


def _well_formed(pulled: Sequence[str], dialect: _Dialect) -> bool:
    """Say whether a record of several lines is quoted as it should be, rather than two stray quotes around others."""
    try:
        delimiter, spaced = dialect.delimiter, dialect.spaced
        return len(list(csv.reader(pulled, delimiter=delimiter, skipinitialspace=spaced, strict=True))) == 1
    except csv.Error:
        return False


def _beginning(head: bytes, encoding: str) -> list[str]:
    """Return the first lines as text."""
    text = head[: 2**16].decode(encoding, "replace")
    lines = [line for line in text.splitlines(keepends=True) if line.strip()]
    return lines[:100] if len(lines) < 100 and len(text) < 2**15 else lines[:-1][:100] or lines


def _spaced(lines: Sequence[str], delimiter: str) -> bool:
    """Tell whether the header has a space after each delimiter, as people type it by hand."""
    _, *further = lines[0].split(delimiter) if lines else [""]
    return bool(further) and delimiter != "\t" and all(cell.startswith(" ") for cell in further)


def _delimiter(lines: Sequence[str], title: str) -> str:
    """Choose the delimiter that finds the title in the header, then the one under which rows are equally wide."""
    if not lines:
        return ","
    if lines[0].lower().startswith(_SEPARATOR_LINE) and len(lines[0].strip()) == 5:
        return lines[0][4]
    best, best_score = _NEVER, (False, 0.0, 0)
    for candidate in _NAMES | _RARE:
        parsed = list(csv.reader(lines, delimiter=candidate))
        width = len(parsed[0]) if parsed else 0
        if width < 2:
            continue
        has_title = title.strip().casefold() in {cell.strip().casefold() for cell in parsed[0]}
        if candidate in _RARE and not has_title:
            continue
        even = sum(len(cells) == width for cells in parsed) / len(parsed)
        best, best_score = max((best, best_score), (candidate, (has_title, even, width)), key=lambda pair: pair[1])
    return best


def _said(delimiter: str) -> str:
    if delimiter == _NEVER:
        return "one column"
    return f"separated by {(_NAMES | _RARE).get(delimiter, repr(delimiter))}"
