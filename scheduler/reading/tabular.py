"""The rows of a table as postings, in its order; a row that cannot be one is an error in its place."""

from collections.abc import Iterator
from pathlib import Path

from metier.errors import BadRow
from metier.types import Posting
from scheduler.reading.postings import posting_of
from scheduler.reading.tables import open_table


def walk(path: Path, source: str) -> Iterator[Posting | BadRow]:
    """Yield each row of the table."""
    with open_table(path) as table:
        for row in table.rows():
            try:
                if isinstance(row, BadRow):
                    raise row
                yield posting_of(row, source=source)
            except BadRow as error:
                yield error
