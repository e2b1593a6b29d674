"""Parquet, a few thousand rows at a time."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack

from metier.errors import BadRow, Rejected
from scheduler.reading.columns import distinct, resolve
from scheduler.reading.rows import Row, Table, Truncated
from scheduler.reading.streams import Stream, seekable

MAGIC = b"PAR1"
_BATCH = 1024


def open_parquet(stream: Stream, *, columns: Mapping[str, str], stack: ExitStack) -> Table:
    """Read the schema and return the table."""
    from pyarrow.parquet import ParquetFile

    broken = _broken()
    try:
        parquet = stack.enter_context(ParquetFile(stack.enter_context(seekable(stream)), pre_buffer=False))
    except broken as error:
        raise Rejected(f"{stream.name}: is damaged or cut off, its Parquet footer cannot be read") from error
    schema, total = parquet.schema_arrow, parquet.metadata.num_rows
    header = distinct(schema.names)
    fields = resolve(header, columns, name=stream.name)
    read = 0

    def rows() -> Iterator[Row | BadRow]:
        nonlocal read
        try:
            for batch in parquet.iter_batches(batch_size=_BATCH):
                for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    read += 1
                    yield Row(read, dict(zip(header, values, strict=True)), fields, "row")
        except broken as error:
            yield Truncated(
                f"row {read + 1}: the file is damaged from here on ({error}); get it again for the rest", row=read + 1
            )

    types = dict(zip(header, schema.types, strict=True))
    return Table(
        *(stream.name, tuple(header), fields, ("read as Parquet",), rows),
        *(lambda: read / total if total else None, lambda: tuple(header), types),
    )


def _broken() -> tuple[type[Exception], ...]:
    """Return what a damaged file raises."""
    import pyarrow.lib

    return (pyarrow.lib.ArrowException, OSError, UnicodeDecodeError, OverflowError)
