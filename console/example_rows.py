"""The rows of a table that can be examples, and which cannot and why; nothing is dropped in silence.

Rows that are only measured on, where several labels may be right, are read in `truth_rows`.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from metier.errors import BadRow, ConfigError
from metier.example_keys import keys
from metier.types import Example, Origin, Taxonomy
from scheduler.reading.lines import Hints
from scheduler.reading.postings import text_of
from scheduler.reading.rows import Row, Table, bad
from scheduler.reading.tables import open_table

LABELS = ("label", "code")
ORIGIN, TAXONOMY = "origin", "taxonomy"

_TOGETHER = 1000


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of labelled texts and how it is read: `only` says which taxonomy a column `label` is of."""

    file: Path
    taxonomies: Mapping[str, Taxonomy]
    origin: Origin
    only: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Labelled:
    """One example of a row; `key` is the hash of its text."""

    key: str
    example: Example
    place: str


def read(sheet: Sheet) -> Iterator[Labelled | BadRow]:
    """Yield the examples of each row, or what is wrong with it and what to do."""
    with _opened(sheet) as table:
        asked = _asked(sheet, table)
        waiting: list[tuple[Row, Example]] = []
        for row in table.rows():
            if isinstance(row, BadRow):
                yield row
                continue
            try:
                waiting += [(row, example) for example in _examples(sheet, row, asked)]
            except BadRow as error:
                yield error
            if len(waiting) >= _TOGETHER:
                yield from _keyed(sheet, waiting)
                waiting = []
        yield from _keyed(sheet, waiting)


def texts(file: Path) -> Iterator[str | BadRow]:
    """Yield the titles of a file, whatever else is in it."""
    with _opened(Sheet(file, {}, Origin.GOLD)) as table:
        for row in table.rows():
            try:
                yield row if isinstance(row, BadRow) else text_of(row).title
            except BadRow as error:
                yield error


@contextmanager
def _opened(sheet: Sheet) -> Iterator[Table]:
    """Open the file; its texts may stand in a column `text`, as `metier examples export` writes them."""
    columns = dict(sheet.columns)
    if "title" not in columns and _named_text(sheet.file):
        columns["title"] = "text"
    with open_table(sheet.file, columns=columns, hints=sheet.hints) as table:
        yield table


def _named_text(file: Path) -> bool:
    if str(file) == "-":
        return False
    try:
        with open_table(file):
            return False
    except ConfigError:
        try:
            with open_table(file, columns={"title": "text"}):
                return True
        except ConfigError:
            return False


def _asked(sheet: Sheet, table: Table) -> dict[str, str]:
    """Return the column that holds the label of each taxonomy."""
    there = {name.strip().casefold(): name for name in reversed(table.survey())}
    label = next((there[name] for name in LABELS if name in there), "")
    if TAXONOMY in there and label:
        return {there[TAXONOMY]: label}  # each row names its own, as `metier examples export` writes it
    found = {name: there[name] for name in sheet.taxonomies if name in there and sheet.only in ("", name)}
    if sheet.only and not found and label:
        return dict.fromkeys([sheet.only], label)
    if not found:
        names = ", ".join(sheet.taxonomies)
        raise ConfigError(
            f"{table.name}: there is no column of labels: name one like its taxonomy ({names}), or call it `label` and "
            "say --taxonomy NAME"
        )
    return found


def _examples(sheet: Sheet, row: Row, asked: Mapping[str, str]) -> list[Example]:
    text = text_of(row)
    origin = _origin(sheet, row)
    found = []
    for of, column in asked.items():
        name = str(row.values.get(of) or "").strip() if of not in sheet.taxonomies else of
        said = str(row.values.get(column) or "").strip()
        if not said or sheet.only not in ("", name):
            continue  # a row may speak for one taxonomy and not for another
        if name not in sheet.taxonomies:
            raise bad(row, f"{name[:40]!r} is no taxonomy; use one of {', '.join(sheet.taxonomies)}")
        found.append(Example(text.title, name, _code(row, sheet.taxonomies[name], said), origin, text.language))
    if not found:
        raise bad(row, f"no label; fill one of {', '.join(sorted(set(asked.values())))}, or remove the row")
    return found


def _code(row: Row, taxonomy: Taxonomy, said: str) -> str:
    for label in taxonomy.labels:
        if said.casefold() in (label.code.casefold(), label.name.casefold()):
            return label.code
    known = ", ".join(label.code for label in taxonomy.labels)
    raise bad(row, f"{said[:60]!r} is no label of {taxonomy.name}; use one of {known}")


def _origin(sheet: Sheet, row: Row) -> Origin:
    column = next((name for name in row.values if name.strip().casefold() == ORIGIN), None)
    said = str(row.values.get(column) or "").strip().casefold() if column else ""
    allowed = (Origin.GOLD, Origin.REVIEWED, Origin.PSEUDO, Origin.SOURCE)
    if said and said not in allowed:
        raise bad(row, f"{said[:40]!r} is no origin; use {', '.join(allowed)}, or leave the column out")
    return Origin(said) if said else sheet.origin


def _keyed(sheet: Sheet, waiting: Sequence[tuple[Row, Example]]) -> Iterator[Labelled | BadRow]:
    for (row, example), key in zip(waiting, keys([example.text for _, example in waiting]), strict=True):
        if key:
            yield Labelled(key, example, f"{sheet.file.name} {row.place}")
        else:
            yield bad(row, "no word is left of the title; fill the cell or remove the row")
