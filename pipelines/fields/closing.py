"""Read until when one may apply, where the text says it with its year; no date is made up."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from metier.fields import Found
from pipelines.conventions import files
from pipelines.fields import phrases
from pipelines.fields.phrases import DATA, Hit, Phrases
from pipelines.fields.reading import Reading, words

_REACH = 60  # characters from the words for a deadline to its date
_BACK = 160  # characters in which "until" needs a word for applying
_SURE = 2  # strength of words that speak of nothing but a deadline
_DATE = re.compile(
    r"""(?<!\d)(?:
    (?P<y1>20\d\d)[-/.](?P<m1>\d\d?)[-/.](?P<d1>\d\d?)
    |(?P<d2>\d\d?)[ ]?[-/.][ ]?(?P<m2>\d\d?)[ ]?[-/.][ ]?(?P<y2>20\d\d|\d\d)
    |(?P<d3>\d\d?)(?:st|nd|rd|th|er|\.|o|º|°)?[ ]*-?(?:de[ ]|of[ ]|di[ ])?[ ]?
     (?P<m3>[^\W\d_]{3,12})\.?,?[ -]?(?:de[ ]|del[ ]|of[ ])?[ ]?(?P<y3>20\d\d)
    )(?!\d)
    |(?<![^\W\d_])(?P<m4>[^\W\d_]{3,10})\.?[ ](?P<d4>\d\d?)(?:st|nd|rd|th)?,?[ ](?P<y4>20\d\d)(?!\d)""",
    re.VERBOSE,
)
_FIGURE = re.compile("[0-9]")
_YEAR = re.compile(r"\d ?[-/.] ?\d\d(?!\d)")  # 5.1.26
_STOP = re.compile(r"[;\n]\s*\n|[!?]\s|(?<!\d)\.\s(?=[^\W\d_]{4})")


def closing(readings: list[Reading], *, country: str = "") -> Found[date] | None:
    """Return the first closing date of these texts; "4/5/2026" is in May but in the United States."""
    for reading in readings:
        if not reading.figures() or ("20" not in reading.text and not _YEAR.search(reading.text)):
            continue
        hits = sorted(_cues().find(reading), key=lambda hit: -hit.strength)
        for hit in hits:
            if found := _after(reading, hit, month_first=country == "US"):
                return found
    return None


def _after(reading: Reading, hit: Hit, *, month_first: bool) -> Found[date] | None:
    text = reading.plain[hit.end : hit.end + _REACH]
    if not _FIGURE.search(text) or (hit.strength < _SURE and not _applying(reading, hit)):
        return None
    if stop := _STOP.search(text):
        text = text[: stop.start() + 1]
    for match in _DATE.finditer(text):
        for day in _days(match, month_first=month_first):
            start, end = hit.end + match.start(), hit.end + match.end()
            return Found(day, reading.evidence(start, end))
    return None


def _applying(reading: Reading, hit: Hit) -> bool:
    """Return whether "until" is said of applications, and not of the contract."""
    before = reading.spaced[max(0, hit.start - _BACK) : hit.start]
    return not _applications().isdisjoint(before.split())


def _days(match: re.Match[str], *, month_first: bool) -> Iterator[date]:
    """Yield the days that the figures may mean, the likelier first; the thirty-first of June is none."""
    part = match.groupdict()
    for way in "1234":
        if not part[f"y{way}"]:
            continue
        year, day, month = int(part[f"y{way}"]), int(part[f"d{way}"]), part[f"m{way}"]
        year += 2000 if year < 100 else 0
        number = int(month) if month.isdecimal() else _months().get(month, 0)
        orders = [(number, day)]
        if way == "2":
            orders = [(day, number), (number, day)] if month_first else [(number, day), (day, number)]
        for one, other in orders:
            try:
                yield date(year, one, other)
            except ValueError:
                continue


@cache
def _cues() -> Phrases:
    return Phrases(phrase for phrase in phrases.load("deadlines.csv") if phrase.value == "until")


@cache
def _applications() -> frozenset[str]:
    return frozenset(phrase.words[0] for phrase in phrases.load("deadlines.csv") if phrase.value == "application")


@cache
def _months() -> Mapping[str, int]:
    rows = files.rows(DATA / "months.csv", ["month", "names"])
    return {name: int(row.number("month", low=1, high=12)) for row in rows for name in words(row.needs("names"))}
