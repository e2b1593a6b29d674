"""Dates of positions as CVs write them, in six languages: "seit 03/2019", "mars 2018 – aujourd'hui", "2015-18".

A date is kept as precisely as it was said: "2019", "2019-03" or "2019-03-01". There is no clock here: "current" is
only what the text calls so.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from scheduler.reading.cv_tables import fold, rows

EARLIEST, LATEST = 1940, 2099
_CLOCK = re.compile(r"(?<=\d)(?:[T ]\d\d:\d\d.*|\.0)$")
_DASH = r"[-–—−‐‑~→]"


@dataclass(frozen=True, slots=True)
class Span:
    """When a position was held, and where in the line that stands. `end` is empty where it goes on."""

    start: str
    end: str
    current: bool
    begins: int
    ends: int


def partial(text: str) -> str:
    """Return one date of a structured file as precisely as it is said; empty where it is none."""
    found = _one().fullmatch(_CLOCK.sub("", text.strip()))
    return _date(found[0]) if found else ""


def present(text: str) -> bool:
    """Tell whether this is a word for today."""
    return fold(text.strip(" .")) in {fold(word) for word in _words("present")}


def spans(line: str) -> list[Span]:
    """Return the periods in a line, in order."""
    return list(_spans(line))


def single(line: str) -> Span | None:
    """Return a date that stands alone at an end of the line: "2017: Buyer", "Buyer (2017)"."""
    for found in (_leading().match(line), _trailing().search(line)):
        if found and (date := _date(found["date"])):
            return Span(date, date, False, found.start(), found.end())
    return None


def _spans(line: str) -> Iterator[Span]:
    place = 0
    while True:
        found = [match for pattern in _patterns() if (match := pattern.search(line, place))]
        if not found:
            return
        best = min(found, key=lambda match: (match.start(), -match.end()))
        place = best.end()
        read = _read(best)
        if read is not None:
            yield read


def _read(found: re.Match[str]) -> Span | None:
    said = {name: text for name, text in found.groupdict().items() if text is not None}
    current = "until" not in said and "tail" not in said
    if "tail" in said:
        start, end = said["begin"], said["begin"][:2] + said["tail"]
    elif "month" in said:
        end = _date(said["until"])
        start = _date(f"{said['month']} {end[:4]}")
    else:
        start, end = _date(said["begin"]), "" if current else _date(said["until"])
    shared = min(len(start), len(end))
    good = bool(start) and (current or bool(end)) and start[:shared] <= end[:shared]
    return Span(start, end, current, found.start(), found.end()) if good else None


def _date(text: str) -> str:
    """Read one date in any of the forms."""
    text = text.strip(" .,()")
    numbers = re.findall(r"\d+", text)
    month = next((_months()[fold(word)] for word in re.findall(r"[^\W\d_]+", text) if fold(word) in _months()), None)
    if month is not None:
        year = numbers[-1] if numbers else ""
        day = int(numbers[0]) if len(numbers) > 1 else None
    elif len(numbers) == 1:
        year, month, day = numbers[0], None, None
    elif len(numbers[0]) == 4:
        year, month, day = numbers[0], int(numbers[1]), int(numbers[2]) if len(numbers) > 2 else None
    else:
        year, month = numbers[-1], int(numbers[-2])
        day = int(numbers[0]) if len(numbers) > 2 else None
        if day is not None and month > 12 >= day:  # the month first, as in the United States
            month, day = day, month
    return _written(year, month, day)


def _written(year: str, month: int | None, day: int | None) -> str:
    if len(year) == 2:
        year = f"{'19' if int(year) >= 50 else '20'}{year}"
    if len(year) != 4 or not EARLIEST <= int(year) <= LATEST:
        return ""
    if month is None:
        return year
    if not 1 <= month <= 12:
        return ""
    return f"{year}-{month:02}" + (f"-{day:02}" if day is not None and 1 <= day <= 31 else "")


@cache
def _months() -> dict[str, int]:
    return {fold(row["word"]): int(row["value"]) for row in rows("dates") if row["kind"] == "month"}


def _words(kind: str) -> list[str]:
    return [row["word"] for row in rows("dates") if row["kind"] == kind]


def _either(words: Iterable[str]) -> str:
    """Return a pattern of any of these words, with and without their accents, the longest first."""
    every = {form for word in words for form in (word, fold(word))}
    return "(?:" + "|".join(re.escape(word) for word in sorted(every, key=len, reverse=True)) + ")"


@cache
def _forms() -> tuple[str, str]:
    """Return the patterns of a month's name and of a date."""
    month = rf"(?<![^\W\d_]){_either(_words('month'))}(?![^\W\d_])\.?"
    year = r"(?:19|20)\d\d(?!\d)"
    named = r"(?:\d{1,2}(?:er|st|nd|rd|th|º|°|\.)?\s*(?:de\s+|di\s+)?)?"
    named += rf"{month},?\s*(?:de\s+|del\s+|di\s+)?(?:{year}|['’]?\d\d(?!\d))"
    numbered = (
        rf"\d{{1,2}}\s?[./-]\s?\d{{1,2}}\s?[./-]\s?{year}|\d{{1,2}}\s?[./-]\s?{year}|"
        rf"(?:19|20)\d\d[./-](?:0[1-9]|1[0-2])(?!\d)(?:[./-](?:0[1-9]|[12]\d|3[01])(?!\d))?|{year}"
    )
    return month, rf"(?:{named}|{numbered})"


@cache
def _one() -> re.Pattern[str]:
    return re.compile(_forms()[1], re.IGNORECASE)


@cache
def _patterns() -> list[re.Pattern[str]]:
    """Return the forms of a period; of several that begin together the longest counts."""
    month, date = _forms()
    till = _either(_words("to"))
    to = rf"(?:\s*{_DASH}+\s*(?:{till}\s+)?|\s+/\s+|\s+{till}\s+)(?:il\s+|le\s+|el\s+|the\s+|den\s+|dem\s+)?"
    now = rf"{_either(_words('present'))}(?![^\W_])"
    from_ = rf"(?:{_either(_words('from'))}\s+)?"
    tiny = r"\d{1,2}[./]\d{2}(?![\d./])"
    forms = (
        rf"{from_}(?P<begin>{date}){to}(?:{now}|(?P<until>{date}))",
        rf"(?P<begin>{tiny})\s*{_DASH}+\s*(?:{now}|(?P<until>{tiny}))",
        rf"{from_}(?P<month>{month}){to}(?P<until>{date})",
        r"(?P<begin>(?:19|20)\d\d)\s?/\s?(?P<until>(?:19|20)\d\d)(?!\d)",
        r"(?P<begin>(?:19|20)\d\d)\s?[-–/]\s?(?P<tail>\d\d)(?![\d./])",
        rf"{_either(_words('since'))}\s+(?:le\s+|el\s+|il\s+|dem\s+)?(?P<begin>{date})(?:{to}{now})?",
        rf"(?P<begin>{date})\s*[-–—]\s*(?=$|\t|\||\))",
    )
    return [re.compile(rf"(?<![\w/.]){form}", re.IGNORECASE) for form in forms]


@cache
def _leading() -> re.Pattern[str]:
    return re.compile(rf"\s*\(?(?P<date>{_forms()[1]})\)?\s*(?:[:|\t,]|[-–—]\s|\s{{2,}}|\s(?=[A-ZÀ-Þ]))", re.IGNORECASE)


@cache
def _trailing() -> re.Pattern[str]:
    return re.compile(rf"[\s(,|\t](?P<date>{_forms()[1]})\)?\s*$", re.IGNORECASE)
