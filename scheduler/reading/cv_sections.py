"""The lines of a CV by section: what stands under "Experience" and its like, what under others, what before any."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from scheduler.reading.cv_privacy import without_addresses
from scheduler.reading.cv_tables import fold, rows

LONGEST = 500
"""Characters of a line; what is longer is prose."""
_BULLET = re.compile(r"^\s*(?:[•▪●◦‣·*■□►➢✓✔o]|[-–—])\s+")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}|[IVX]{1,4})[.)]\s+")
_PAGE = re.compile(r"(?:Page|Seite|P[áa]gina|Pagina)\s+\d{1,2}\s+(?:of|von|sur|de|di|van)\s+\d{1,2}", re.IGNORECASE)
_WIDE = re.compile(r" {3,}|\s*\t\s*")


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its bullet; wide gaps are tabs."""

    text: str
    bullet: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Lines under one heading. `kind` is experience, side, other, or top for what stands before any heading."""

    kind: str
    language: str
    lines: tuple[Line, ...]


def sections(lines: Iterable[str]) -> list[Section]:
    """Return the sections in their order."""
    return list(_sections(lines))


def _sections(lines: Iterable[str]) -> Iterator[Section]:
    kind, language, held = "top", "", list[Line]()
    for raw in lines:
        line = _clean(raw)
        if _PAGE.fullmatch(line.text):
            continue
        found = heading(line.text)
        if found is None:
            held.append(line)
            continue
        yield Section(kind, language, tuple(held))
        (kind, language), held = found, []
    yield Section(kind, language, tuple(held))


def heading(text: str) -> tuple[str, str] | None:
    """Return kind and language of the section that a line opens, None where it opens none."""
    if not text or len(text) > 60:
        return None
    for said in (text, *re.split(r"\s*[/|&]\s*", text)[:1]):
        plain = _plain(said)
        if plain in _headings():
            return _headings()[plain]
    return None


def _plain(text: str) -> str:
    text = _NUMBERED.sub("", text)
    letters = text.split(" ")
    if len(letters) > 3 and all(len(letter) == 1 for letter in letters):  # E X P E R I E N C E
        text = "".join(letters)
    return re.sub(r"^\W+|\W+$", "", " ".join(fold(text).split()))


@cache
def _headings() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for row in rows("sections"):
        found.setdefault(_plain(row["heading"]), (row["kind"], row["language"]))
    return found


def _clean(raw: str) -> Line:
    text = unicodedata.normalize("NFKC", raw[:LONGEST].replace("\u00ad", "").replace("\ufeff", ""))
    text = "".join(letter if letter.isprintable() or letter == "\t" else " " for letter in text)
    bare = without_addresses(_BULLET.sub("", text))
    bare_text = _WIDE.sub("\t", bare.strip())
    return Line("\t".join(" ".join(part.split()) for part in bare_text.split("\t")), bool(_BULLET.match(text)))
