"""Positions out of the text of a CV, by rules: a period, and the words beside it that name a job and an organisation.

Where a section of experience or a job with its period cannot be told, nothing is guessed and the file is set aside.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from metier.errors import Rejected
from scheduler.reading.cv import Cv, Position
from scheduler.reading.cv_entries import Entry, entries
from scheduler.reading.cv_naming import named
from scheduler.reading.cv_privacy import name_words
from scheduler.reading.cv_roles import organization, role
from scheduler.reading.cv_sections import Section, sections

MOST = 5_000
"""Lines of a CV that are looked at."""
_POSITIONS = 100
_SOME = 2
"""Positions that a text without a heading for them must have, and no period without a job."""
_NOTHING = (
    "no position with dates was found in it; give the section a heading such as Experience, or save it as JSON Resume "
    "or Europass"
)
_TOP = 6


def read(lines: Iterable[str], stem: str) -> Cv:
    """Return the positions of a CV; `stem` is the name of its file, which often is the person's."""
    found = sections([line for line, _ in zip(lines, range(MOST), strict=False)])
    headed = [section for section in found if section.kind in ("experience", "side")]
    bare = not any(section.kind == "experience" for section in headed)
    positions, unread = list[Position](), 0
    for section in found if bare else headed:
        if section.kind == "other":
            continue
        for entry in entries(section.lines):
            position = _position(entry, section)
            unread += position is None
            positions += [] if position is None else [position]
    if not positions or len(positions) > _POSITIONS or (bare and (len(positions) < _SOME or unread > 0)):
        raise Rejected(_NOTHING)
    language = next((section.language for section in headed if section.language), "")
    said = [f"{unread} of its periods have no job beside them that can be told"] if unread else []
    names, maybe = _names(found)
    return Cv(positions, "", language, names, [*maybe, *name_words(stem)], said)


def _position(entry: Entry, section: Section) -> Position | None:
    found = entry.told or named(entry.pieces)
    if found is None:
        return None
    title, employer = found
    if section.kind == "top" and (entry.single or not _plain(title) or not (_plain(employer) or not employer)):
        return None
    told = bool(role(title)) or entry.told is not None
    by_employer = section.kind != "top" and organization(employer) and not role(employer)
    if not (told or by_employer):
        return None
    position = Position(title, employer, entry.span.start, entry.span.end, entry.span.current)
    return replace(position, side=section.kind == "side")


def _plain(text: str) -> bool:
    """Tell whether this can be a name of something, and no piece of a sentence."""
    return (not text[:1].islower() and not text.endswith(".")) or organization(text) >= 3


def _names(found: Sequence[Section]) -> tuple[list[str], list[str]]:
    """Return the words of the person's name, and those that may be: lines at the top that hold nothing but names."""
    top = [
        line.text for section in found[:3] if section.kind in ("top", "other") for line in section.lines if line.text
    ]
    sure: list[str] = []
    maybe: list[str] = []
    for number, text in enumerate(top[:_TOP]):
        words = text.replace(":", " ").replace("\t", " ").split()
        alone = 1 < len(words) <= 5 and all(word[:1].isupper() and not word[-1].isdigit() for word in words)
        if words[0].casefold().strip(":") in _LABELS:
            sure += name_words(" ".join(words[1:]))
        elif alone and not role(text) and not organization(text):
            (maybe if number else sure).extend(name_words(text))
    return sure, maybe


_LABELS = {"name", "nom", "nome", "nombre", "naam", "vorname", "nachname", "surname", "prénom", "cognome", "apellidos",
           "achternaam", "voornaam"}  # fmt: skip
