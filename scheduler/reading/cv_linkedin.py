"""A member's own LinkedIn export: Positions.csv, and of Profile.csv nothing but the names to leave out."""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from metier.errors import Rejected
from scheduler.reading import archives
from scheduler.reading.cv import Cv, Position
from scheduler.reading.cv_dates import partial
from scheduler.reading.cv_privacy import name_words

_TITLE, _COMPANY, _BEGAN, _ENDED = "title", "company name", "started on", "finished on"
_CELL = 2**17


def from_zip(path: Path) -> Cv:
    """Read the ZIP file as LinkedIn hands it out."""
    with archives.opened(path) as archive:
        positions, profile = archive.find("Positions.csv"), archive.find("Profile.csv")
        if positions is None:
            raise Rejected("is a ZIP file without Positions.csv; give LinkedIn's export, or unpack it")
        names = _names(archive.read(profile)) if profile is not None else []
        return from_csv(archive.read(positions), names=names)


def from_csv(content: bytes, *, names: list[str]) -> Cv:
    """Read Positions.csv."""
    rows = list(_rows(content))
    if not rows or _TITLE not in rows[0] or _BEGAN not in rows[0]:
        raise Rejected("is no Positions.csv of LinkedIn; tables of positions are read by `metier ingest --kind title`")
    return Cv([one for row in rows if (one := _position(row)).title], names=names)


def _position(row: Mapping[str, str]) -> Position:
    start, end = partial(row.get(_BEGAN, "")), partial(row.get(_ENDED, ""))
    return Position(row.get(_TITLE, ""), row.get(_COMPANY, ""), start, end, bool(start) and not end)


def _names(profile: bytes) -> list[str]:
    wanted = ("first name", "last name", "maiden name")
    return name_words(*(row.get(name, "") for row in _rows(profile) for name in wanted))


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    """Yield the rows below the header; LinkedIn puts remarks above it in some tables."""
    csv.field_size_limit(_CELL)
    header: list[str] = []
    try:
        for cells in csv.reader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")):
            if not header:
                folded = [cell.strip().casefold() for cell in cells]
                header = folded if {_TITLE, "first name"} & set(folded) else []
                continue
            yield {name: " ".join(cell.split()) for name, cell in zip(header, cells, strict=False)}
    except csv.Error as error:
        raise Rejected("is a damaged CSV file; export it again") from error
