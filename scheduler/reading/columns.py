"""Which column of a file is the title, the id and so on."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches

from metier.errors import ConfigError
from scheduler.reading.rows import FIELDS

# headers that people give to titles; only ever suggested, never taken unasked
_TITLES = (
    *("job title", "jobtitle", "job_title", "position", "role", "job", "name", "vacancy", "occupation", "headline"),
    *("stellenbezeichnung", "titel", "berufsbezeichnung", "jobtitel", "stelle", "beruf", "positionsbezeichnung"),
    *("titre", "intitulé", "intitule", "poste", "intitulé du poste", "puesto", "título", "titulo", "cargo"),
    *(
        "titolo",
        "posizione",
        "mansione",
        "functie",
        "functietitel",
        "stilling",
        "stillingstittel",
        "tytuł",
        "stanowisko",
    ),
)
_SHOWN = 40


def resolve(header: Sequence[str], wanted: Mapping[str, str], *, name: str) -> dict[str, str]:
    """Return the file's column of each field that we know; fail with the remedy where a needed one is missing."""
    unknown = [field for field in wanted if field not in FIELDS]
    if unknown:
        raise ConfigError(f"--column {unknown[0]}=…: there is no field {unknown[0]!r}; fields are {', '.join(FIELDS)}")
    folded = {column.strip().casefold(): column for column in reversed(header)}
    found = {}
    for field in FIELDS:
        column = wanted.get(field, field)
        match = column if column in header else folded.get(column.strip().casefold())
        if match is not None:
            found[field] = match
        elif field in wanted:
            near = get_close_matches(column, header, n=1)
            hint = f"did you mean --column {field}={_shell(near[0])}? " if near else ""
            raise ConfigError(f"{name}: no column {column!r}; {hint}columns are: {_listed(header)}")
    if "title" not in found:
        guess = next((folded[title] for title in _TITLES if title in folded), "NAME")
        raise ConfigError(
            f"{name}: no column 'title'; columns are: {_listed(header)}. "
            f"Say which one holds the titles: --column title={_shell(guess)} (the first row must name the columns)"
        )
    return found


def distinct(header: Iterable[object]) -> list[str]:
    """Give every column a name of its own: empty ones get a number, repeated ones a suffix."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(header, start=1):
        stem = "" if cell is None else str(cell).strip().encode("utf-8", "replace").decode()
        stem = stem or f"column_{number}"
        name, suffix = stem, 1
        while name in taken:
            suffix += 1
            name = f"{stem}_{suffix}"
        taken.add(name)
        names.append(name)
    return names


def doubled(cells: Sequence[object], header: Sequence[str], fields: Mapping[str, str]) -> list[str]:
    """Say of which fields the file has several columns, which of them is read, and how another would be."""
    folded = ["" if cell is None else str(cell).strip().casefold() for cell in cells]
    told = []
    for field, column in fields.items():
        here = header.index(column)
        others = [name for place, name in enumerate(header) if folded[place] == folded[here] and place != here]
        if others:
            told.append(
                f"{len(others) + 1} columns are called {column!r}, the first is read; "
                f"--column {field}={_shell(others[0])} takes another"
            )
    return told


def _listed(header: Sequence[str]) -> str:
    shown = [repr(column if len(column) <= 60 else column[:57] + "…") for column in header[:_SHOWN]]
    more = [f"and {len(header) - _SHOWN} more"] if len(header) > _SHOWN else []
    return ", ".join([*shown, *more]) or "(none)"


def _shell(column: str) -> str:
    return column if column.replace("_", "").replace("-", "").isalnum() else f"'{column}'"
