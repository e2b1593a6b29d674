"""JSONL: one object a line; a line that is none is set aside and reading goes on."""

import io
import json
from collections.abc import Iterator, Mapping

from metier.errors import BadRow, Rejected
from scheduler.reading.columns import resolve
from scheduler.reading.lines import Hints, Lines, TooLong, charset_name, encoding_of, text_of
from scheduler.reading.rows import FIELDS, ROW_LIMIT, Row, Table, Truncated
from scheduler.reading.streams import HEAD, Stream, opened

_MOST_COLUMNS = 2000


def open_jsonlines(stream: Stream, *, columns: Mapping[str, str], hints: Hints) -> Table:
    """Learn the columns from the first lines and return the table."""
    encoding = encoding_of(stream, hints)
    beginning = stream.head.decode(encoding, "replace")
    if not beginning.strip():
        raise Rejected(f"{stream.name}: is empty; write one JSON object a line")
    if beginning.lstrip().startswith("["):
        raise Rejected(f"{stream.name}: is one JSON array; write one object a line: jq -c '.[]' FILE > FILE.jsonl")
    if beginning.lstrip().partition("\n")[0].strip() == "{":
        raise Rejected(
            f"{stream.name}: has JSON objects of several lines; write each in one line: jq -c . FILE > FILE.jsonl"
        )
    header = _keys(Lines(io.StringIO(beginning, newline="\n"), stream.name), name=stream.name)
    # where not one line can be read there is nothing to check: each of them will say what is wrong with it
    found = resolve(header, columns, name=stream.name) if header else {}
    # a field that none of the first lines has may stand in a later one
    fields = {name: columns.get(name, name) for name in FIELDS} | found
    lines = Lines(text_of(stream, encoding, newline="\n"), stream.name)

    def survey() -> tuple[str, ...]:
        if stream.again is None:
            return header
        with opened(stream.again) as again:
            return _keys(Lines(text_of(again, encoding, newline="\n"), stream.name), name=stream.name)

    notes = [f"read as JSON lines, {charset_name(encoding)}"]
    if stream.again is None and len(stream.head) == HEAD:
        notes.append("it cannot be read twice, so a table of it has the columns of its first megabyte")
    return Table(
        *(stream.name, header, fields, tuple(notes)),
        *(lambda: _rows(lines, fields), lambda: lines.share(stream, encoding), survey),
    )


def _rows(lines: Lines, fields: Mapping[str, str]) -> Iterator[Row | BadRow]:
    while True:
        number = lines.begin()
        try:
            line = next(lines, "")
        except Truncated as error:
            yield error
            return
        except TooLong:
            yield BadRow(f"line {number}: longer than {ROW_LIMIT:,} characters; shorten the row", row=number)
            continue
        if not line:
            return
        if not line.isspace():
            yield _row(line, number, fields)


def _row(line: str, number: int, fields: Mapping[str, str]) -> Row | BadRow:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "nested too deeply, or a number too long"
        return BadRow(f"line {number}: not JSON ({reason}); mend or remove the line", row=number)
    if not isinstance(value, dict):
        return BadRow(f'line {number}: not a JSON object; write {{"title": "…"}}', row=number)
    return Row(number, value, fields)


def _keys(lines: Lines, *, name: str) -> tuple[str, ...]:
    """Return all keys in the order of their first appearance."""
    found: dict[str, None] = {}
    for row in _rows(lines, {}):
        if isinstance(row, Row):
            found.update(dict.fromkeys(row.values))
            if len(found) > _MOST_COLUMNS:
                raise Rejected(f"{name}: more than {_MOST_COLUMNS:,} different keys; this is no table of postings")
    return tuple(found)
