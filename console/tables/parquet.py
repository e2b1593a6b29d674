"""Parquet: rows are staged in the part file and made into row groups at the end."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from console.tables.cells import plain
from console.tables.staged import staged, unstaged

_GROUP = 20_000
_INT64 = 2**63


class Parquet:
    """Columns have the type that is given, of pyarrow or Python; others are numbers or text, by what is in them."""

    def __init__(self, columns: Sequence[str], types: Mapping[str, Any]) -> None:  # pyarrow ships no types
        self._columns = columns
        self._types = types

    def head(self) -> bytes:
        """Return nothing: the schema is written at the end."""
        return b""

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return the record's cells for the part file."""
        return staged([plain(record.get(column)) for column in self._columns])

    def finish(self, part: Path, result: Path) -> list[str]:
        """Find the type of each column, write the file beside the result and rename it."""
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter

        kinds = _kinds(part, len(self._columns))
        kept = [_kept(self._types.get(column)) for column in self._columns]
        schema = pa.schema(
            [
                pa.field(column, keep if keep is not None else _arrow(kind))
                for column, keep, kind in zip(self._columns, kept, kinds, strict=True)
            ]
        )
        made = result.with_name(result.name + ".made")
        try:
            with ParquetWriter(made, schema) as writer:
                for group in _groups(unstaged(part)):
                    columns = [
                        _array(values, field.type)
                        for values, field in zip(zip(*group, strict=True), schema, strict=True)
                    ]
                    writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            made.replace(result)
        finally:
            made.unlink(missing_ok=True)
        return []


def _kinds(part: Path, width: int) -> list[set[type]]:
    """Return which types of value stand in each column; whole numbers too large for Parquet count as text."""
    found: list[set[type]] = [set() for _ in range(width)]
    for cells in unstaged(part):
        for kinds, cell in zip(found, cells, strict=True):
            if cell is not None:
                kinds.add(str if isinstance(cell, int) and abs(cell) >= _INT64 else type(cell))
    return found


def _arrow(kinds: set[type]) -> Any:  # pyarrow ships no types
    import pyarrow as pa

    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    return pa.float64() if kinds and kinds <= {int, float} else pa.string()


def _kept(kind: Any) -> Any:  # pyarrow ships no types
    """Return a type that survives being staged as JSON, else None."""
    from pyarrow import types

    if kind is None or isinstance(kind, type):
        return None if kind is None else _arrow({kind})
    if types.is_dictionary(kind):
        return None
    simple = (
        types.is_integer,
        types.is_floating,
        types.is_boolean,
        types.is_date,
        types.is_timestamp,
        types.is_decimal,
    )
    return kind if any(test(kind) for test in simple) else None


def _array(values: Sequence[object], kind: Any) -> Any:  # pyarrow ships no types
    import pyarrow as pa

    if pa.types.is_string(kind):
        return pa.array([None if value is None else _text(value) for value in values], kind)
    if any(isinstance(value, str) for value in values):  # dates and decimals were staged as text
        return pa.array(values, pa.string()).cast(kind)
    return pa.array(values, kind)


def _text(value: object) -> str:
    return str(value).encode("utf-8", "replace").decode()


def _groups(rows: Iterator[list[object]]) -> Iterator[list[list[object]]]:
    while group := list(islice(rows, _GROUP)):
        yield group
