"""Read the country from what names it: its field, the location, the title, or a line "Location: …" of the body."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from metier.fields import Evidence, Found
from pipelines.conventions import files
from pipelines.fields import phrases
from pipelines.fields import reading as fields_reading
from pipelines.fields.phrases import DATA, Hit, Phrase, Phrases
from pipelines.fields.reading import Reading, words

_CODE = re.compile(r"(?:^|[,(/|-])\s*([A-Z]{2,3})\s*(?:\d{5}(?:-\d{4})?)?\s*\)?\s*$")  # Zürich, CH and Austin, TX 78701
_LINE = re.compile(r"[ *_]*(?::|\n|-|–)[^\n.]{0,80}|[ ][^\n.;]{0,60}")
_SHORT = 4  # letters; in a title a shorter name is too often something else
# Two-letter codes of states of the United States that are codes of countries too, and mean neither for sure
_STATES = frozenset(
    re.findall(
        "..",
        "ALAKAZARCACOCTDEFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOKORPARISCSDTNTXUTVTVAWAWVWIWYDC",
    )
)


@dataclass(frozen=True, slots=True)
class _Countries:
    codes: Mapping[str, str]
    names: Phrases


def country(given: str, location: str, readings: list[Reading]) -> Found[str] | None:
    """Return the ISO code of the country where the work is, by the first of its places that names one."""
    if given.strip() and (found := _given(given)):
        return found
    if location.strip() and (found := _location(location)):
        return found
    for reading in readings:
        found = _titled(reading) if reading.where == "title" else _announced(reading)
        if found:
            return found
    return None


def entries() -> frozenset[str]:
    """Return words of which a text must hold one to name a country."""
    return _table().names.entries


def named(reading: Reading) -> list[Hit]:
    """Return the countries that a text names."""
    return _table().names.find(reading)


def _given(text: str) -> Found[str] | None:
    code = _table().codes.get(text.strip().upper())
    if code and len(text) <= fields_reading.READ:
        return Found(code, Evidence("country", 0, len(text), text))
    return _last(fields_reading.read("country", text))


def _location(text: str) -> Found[str] | None:
    reading = fields_reading.read("location", text)
    if found := _last(reading):
        return found
    match = _CODE.search(reading.text)
    if not match:
        return None
    code = _table().codes.get(match[1])
    if match[1] in _STATES:
        code = None if code else "US"
    return Found(code, reading.evidence(*match.span(1))) if code else None


def _titled(reading: Reading) -> Found[str] | None:
    return _last(reading, shortest=_SHORT)


def _announced(reading: Reading) -> Found[str] | None:
    """Return the country on the line of a word such as "Location:"."""
    for cue in _cues().find(reading):
        line = _LINE.match(reading.plain, cue.end)
        if not line or (cue.strength == 1 and not line[0].strip(" *_").startswith(":")):
            continue
        part = fields_reading.read(reading.where, reading.text[cue.end : line.end()])
        for hit in _table().names.find(part):
            start, end = cue.end + hit.start, cue.end + hit.end
            if _meant(reading.text[start:end]):
                return Found(hit.value, reading.evidence(start, end))
    return None


def _last(reading: Reading, *, shortest: int = 1) -> Found[str] | None:
    """Return the country named last: it follows its towns and states."""
    for hit in reversed(_table().names.find(reading)):
        words_ = reading.text[hit.start : hit.end]
        if len(words_) >= shortest and _meant(words_):
            return Found(hit.value, reading.evidence(hit.start, hit.end))
    return None


def _meant(name: str) -> bool:
    """Return whether a short name is written as an abbreviation: US, not us."""
    return len(name) > 4 or not any(char.islower() for char in name) or (len(name) == 4 and name[0].isupper())


@cache
def _cues() -> Phrases:
    return Phrases(phrases.load("places.csv"))


@cache
def _table() -> _Countries:
    codes: dict[str, str] = {"UK": "GB"}
    names: list[Phrase] = []
    for row in files.rows(DATA / "countries.csv", ["code", "code3", "names"]):
        code = row.needs("code")
        codes[code] = code
        codes[row.needs("code3")] = code
        names += [Phrase(found, code) for name in row.needs("names").split("|") if (found := words(name))]
    return _Countries(codes, Phrases(names))
