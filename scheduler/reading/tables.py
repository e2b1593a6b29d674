"""Opening a table of any of the formats; what the bytes are decides before the name does."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from metier.errors import Rejected
from scheduler.reading import delimited, foreign, jsonlines, parquet, spreadsheet
from scheduler.reading.lines import Hints
from scheduler.reading.rows import Table
from scheduler.reading.streams import Stream, opened

_JSON = {".jsonl", ".ndjson", ".json"}
_FOUND_OUT = Hints()


@contextmanager
def open_table(path: Path, *, columns: Mapping[str, str] | None = None, hints: Hints = _FOUND_OUT) -> Iterator[Table]:
    """Open a table for one walk through its rows; `columns` maps our fields to the file's own headers.

    A file that cannot be read at all raises Rejected, one that is asked for wrongly (absent, a folder, no such
    column) ConfigError; a row that cannot be read is yielded as a BadRow in its place.
    """
    with ExitStack() as stack:
        stream = stack.enter_context(opened(path))
        yield _open(stream, columns or {}, hints, stack)


def _open(stream: Stream, columns: Mapping[str, str], hints: Hints, stack: ExitStack) -> Table:
    suffix = Path(stream.name.removesuffix(".gz")).suffix.lower()
    if not stream.head:
        raise Rejected(f"{stream.name}: is empty; the first line must name the columns")
    if stream.head.startswith(spreadsheet.MAGIC):
        return spreadsheet.open_spreadsheet(stream, columns=columns, stack=stack)
    if stream.head.startswith(parquet.MAGIC):
        return parquet.open_parquet(stream, columns=columns, stack=stack)
    foreign.refuse(stream)
    if suffix in {".xlsx", ".parquet"}:
        raise Rejected(
            f"{stream.name}: is no {suffix} file, whatever its name says; name it .csv or .jsonl if it is one"
        )
    if hints.format:
        return _as_told(stream, columns, hints)
    looks_json = stream.head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))
    if suffix in _JSON or (looks_json and suffix not in {".csv", ".tsv"}):
        return jsonlines.open_jsonlines(stream, columns=columns, hints=hints)
    if suffix == ".tsv" and not hints.delimiter and b"\t" in stream.head.lstrip().partition(b"\n")[0]:
        hints = replace(hints, delimiter="\t")  # else its name is wrong
    return delimited.open_delimited(stream, columns=columns, hints=hints)


def _as_told(stream: Stream, columns: Mapping[str, str], hints: Hints) -> Table:
    if hints.format == "jsonl":
        return jsonlines.open_jsonlines(stream, columns=columns, hints=hints)
    if hints.format == "tsv" and not hints.delimiter:
        hints = replace(hints, delimiter="\t")
    return delimited.open_delimited(stream, columns=columns, hints=hints)
