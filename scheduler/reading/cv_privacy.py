"""Taking out of titles and organisations what is no title and no organisation: names, addresses, numbers, links."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from scheduler.reading.cv import Cv, Position
from scheduler.reading.cv_roles import role
from scheduler.reading.cv_tables import fold

TITLE_LIMIT, ORGANIZATION_LIMIT = 200, 200
_LOOKED_AT = 1_000
"""Letters of a title or organisation that are looked at; patterns are slow on what is longer than any name."""
_MAIL = re.compile(  # "Manager @ booking.com" is a job, "jane @ x.org" an address
    r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+|[\w.+'-]+\s?[(\[]\s?at\s?[)\]]\s?\S+\.\w{2,}|"
    r"\b[a-z0-9][a-z0-9._+-]*\s?@\s?[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}"
)
_LINK = re.compile(
    r"(?:https?:|www\.)\S*|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|io|eu|de|at|ch|fr|it|es|nl|be|uk)/\S*",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.])(?:\+|00)?\(?\d(?:[\s()./–-]*\d){6,}(?!\w)")
_YEARS = re.compile(r"(?:19|20)\d\d\s?[-–/]\s?(?:19|20)\d\d")
_BIRTH = re.compile(r"(?<!\d)\d{1,2}[./-]\d{1,2}[./-](?:19|20)\d\d(?!\d)")
_STREET = re.compile(
    r"\b[\w.-]*(?:stra(?:ß|ss)e|str\.|weg|platz|gasse|allee|laan|straat|plein|street|road|avenue|lane)\s+\d+\w?\b|"
    r"\b\d+\w?,?\s+(?:rue|avenue|boulevard|bd|chemin|place|street|st\.?|road|rd\.?|lane)\b[^,|;]*|"
    r"\b(?:via|viale|piazza|calle|avda\.?|plaza)\s+[^,|;\d]{2,40},?\s*\d+\w?\b|"
    r"(?<![\w-])(?:[A-Z]{1,2}-)?\d{4,5}(?:\s?[A-Z]{2})?\s+[A-ZÀ-Þ][\w-]+",
    re.IGNORECASE,
)
_PARTICLES = {"van", "der", "den", "ter", "von", "zum", "zur", "del", "dos", "das", "della", "des", "les", "the", "and"}
_EDGES = " \t,;:|/·•*–—-()[]&+"
_LOOSE = re.compile(r"[(\[]\s*[)\]]|\s{2,}")


def redacted(cv: Cv) -> Cv:
    """Return a CV whose positions name neither the person nor how to reach them; what is empty then is left out."""
    cleaned = [_cleaned(one, cv.names, [*cv.names, *cv.maybe]) for one in cv.positions]
    return replace(cv, positions=[one for one in cleaned if one.title], names=(), maybe=())


def name_words(*names: str) -> list[str]:
    """Return the words of somebody's name by which it is recognised again."""
    words = [word for name in names for word in re.findall(r"[^\W\d_]+", name) if len(word) > 1]
    return [word for word in words if fold(word) not in _PARTICLES]


def _cleaned(position: Position, sure: Sequence[str], names: Sequence[str]) -> Position:
    title, organization = position.title[:_LOOKED_AT], position.organization[:_LOOKED_AT]
    title = _without_full_name(title, names)
    title = _without_names(title, [name for name in sure if not role(name)])  # a cook may be called Cook
    return replace(
        position,
        title=without_contacts(title)[:TITLE_LIMIT],
        organization=without_contacts(_without_names(organization, names))[:ORGANIZATION_LIMIT],
    )


def without_contacts(text: str) -> str:
    """Return a title or organisation without mail addresses, links, telephone numbers, streets and dates of birth."""
    text = "".join(letter for letter in text[:_LOOKED_AT] if letter.isprintable() or letter == "\t").replace("\t", " ")
    text = _BIRTH.sub(" ", without_addresses(text))
    text = _PHONE.sub(lambda found: found[0] if _YEARS.fullmatch(found[0].strip()) else " ", text)
    return _tidy(_STREET.sub(" ", text))


def without_addresses(line: str) -> str:
    """Return a line without mail addresses and links, before anything is made of its signs."""
    return _LINK.sub(" ", _MAIL.sub(" ", line))


def _without_full_name(text: str, names: Sequence[str]) -> str:
    """Take out two words of the name that stand side by side."""
    known = {fold(name) for name in names}
    words = list(re.finditer(r"[^\W\d_]+", text))
    gone = [
        (first.start(), second.end())
        for first, second in pairwise(words)
        if fold(first[0]) in known and fold(second[0]) in known and fold(first[0]) != fold(second[0])
    ]
    return _cut(text, gone)


def _without_names(text: str, names: Sequence[str]) -> str:
    """Take out every word of the name."""
    known = {fold(name) for name in names if len(name) > 2}
    return _cut(text, [found.span() for found in re.finditer(r"[^\W\d_]+", text) if fold(found[0]) in known])


def _cut(text: str, gone: Sequence[tuple[int, int]]) -> str:
    kept = list(text)
    for begins, ends in gone:
        kept[begins:ends] = " " * (ends - begins)
    return _tidy("".join(kept)) if gone else text


def _tidy(text: str) -> str:
    text = re.sub(r"\s+(?=,)", "", _LOOSE.sub(" ", text)).strip(_EDGES.replace("(", "").replace(")", ""))
    return text.strip() if text.count("(") == text.count(")") else text.strip(_EDGES)
