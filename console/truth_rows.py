"""The rows of a table to measure on: texts and all labels that are right of each; nothing of it is kept.

Rows that are to be kept as examples, each with one label and an origin, are read in `example_rows`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from console import screen
from metier.errors import BadRow, ConfigError, Rejected
from metier.types import Taxonomy, Text
from pipelines.evaluation.rows import Names
from scheduler.reading.columns import distinct
from scheduler.reading.lines import Hints
from scheduler.reading.postings import text_of
from scheduler.reading.rows import Row, Table
from scheduler.reading.tables import open_table

LABEL = "label"

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Rows:
    """The texts of a file, the places of the labels that are right of each, and why other rows were set aside."""

    texts: Sequence[Text]
    places: Sequence[Sequence[int]]
    refused: Sequence[str] = field(default=())


def read(file: Path, taxonomy: Taxonomy, *, columns: Mapping[str, str], hints: Hints | None = None) -> Rows:
    """Return the labelled rows of a file; the label stands in `columns`, else in a column called as one might guess."""
    others = {name: header for name, header in columns.items() if name != LABEL}
    names = Names.of(taxonomy)
    texts: list[Text] = []
    places: list[list[int]] = []
    refused: list[str] = []
    with open_table(file, columns=others, hints=hints or Hints()) as table:
        header = _label_column(table, columns.get(LABEL, ""), taxonomy.name)
        for row in table.rows():
            try:
                text, right = _labelled(row, header, names)
            except Rejected as error:
                refused.append(f"{table.name}: {error}")
                continue
            texts.append(text)
            places.append(right)
    return Rows(texts, places, refused)


def say_refused(refused: Sequence[str]) -> None:
    """Tell the person which rows were set aside, the first few by name."""
    for line in refused[:_SHOWN]:
        screen.say(line)
    if len(refused) > _SHOWN:
        screen.say(f"… and {len(refused) - _SHOWN:,} more rows that were set aside")


def _labelled(row: Row | BadRow, header: str, names: Names) -> tuple[Text, list[int]]:
    if isinstance(row, BadRow):
        raise row
    text = text_of(row)
    value = row.values.get(header)
    try:
        return text, names.read("" if value is None else str(value))
    except Rejected as error:
        raise Rejected(f"{row.place}: {error}") from error


def _label_column(table: Table, wanted: str, name: str) -> str:
    header = distinct(table.header)
    folded = {column.strip().casefold(): column for column in reversed(header)}
    for guess in [wanted] if wanted else [name, LABEL, "code", "codes"]:
        if guess.casefold() in folded:
            return folded[guess.casefold()]
    shown = ", ".join(header[:20])
    raise ConfigError(
        f"{table.name}: no column {wanted or name!r}; say which one holds the labels: --column label=NAME "
        f"(there are: {shown})"
    )
