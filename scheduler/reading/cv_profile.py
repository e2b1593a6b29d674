"""The layout of a LinkedIn profile as PDF: an employer once, how long in all, then each job there over its period.

Globex
6 years 10 months
Senior Buyer
January 2015 - December 2018 (4 years)
Buyer
March 2012 - December 2014 (2 years 10 months)
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scheduler.reading.cv_dates import Span
from scheduler.reading.cv_roles import role
from scheduler.reading.cv_sections import Line

LENGTH = re.compile(
    r"\(?\b\d{1,2}\s*(?:years?|yrs?|months?|mos?|jahre?n?|monate?n?|ans?|mois|ann[io]|mes(?:es|[ei])?|años?|jaar|jaren|"
    r"maanden?)\b\.?(?:\s*(?:,|and|und|et|e|y|en)?\s*\d{1,2}\s*(?:months?|mos?|monate?n?|mois|mes(?:es|[ei])?|maanden?)\b"
    r"\.?)?\)?|\(?(?:less than a year|weniger als ein jahr|moins d[’']un an|menos de un año|meno di un anno|"
    r"minder dan een jaar)\)?",
    re.IGNORECASE,
)
"""How long something took, as programs write it beside a period."""
_PART = re.compile(r"(\d{1,2})\s*([^\W\d_])")


@dataclass(frozen=True, slots=True)
class _Group:
    """The jobs at one employer, the newest first: `begins` is the month of the oldest, as the length in all says."""

    employer: str
    begins: int


def told(lines: Sequence[Line], anchors: Mapping[int, Span]) -> dict[int, tuple[str, str]]:
    """Return title and organisation of each period, where one employer at least stands above several jobs."""
    found: dict[int, tuple[str, str]] = {}
    group: _Group | None = None
    grouped = False
    reached = 0
    for at, span in anchors.items():
        begins = _month(span.start)
        above = [number for number in range(at - 1, -1, -1) if lines[number].text and number not in anchors][:3]
        if not above or above[0] != at - 1 or not role(lines[at - 1].text) or not _alone(lines[at].text, span):
            continue
        title = lines[at - 1].text
        if len(above) == 3 and LENGTH.fullmatch(lines[above[1]].text):
            ended = begins + _months(lines[at].text[span.ends :])
            group = _Group(lines[above[2]].text, ended - _months(lines[above[1]].text))
            grouped = True
        elif group is not None and reached <= group.begins + 1 and at - 2 not in anchors:
            group = None  # its oldest job was the last one, and there is room for another employer
        reached = begins
        if group is not None:
            found[at] = (title, group.employer)
        elif len(above) > 1 and above[1] == at - 2:
            found[at] = (title, lines[at - 2].text)
    return found if grouped else {}


def _alone(text: str, span: Span) -> bool:
    """Tell whether a line holds nothing but a period and how long it took."""
    return not text[: span.begins].strip() and LENGTH.fullmatch(text[span.ends :].strip()) is not None


def _months(length: str) -> int:
    return sum(int(figure) * (1 if unit.lower() == "m" else 12) for figure, unit in _PART.findall(length))


def _month(date: str) -> int:
    year, _, month = date.partition("-")
    return int(year) * 12 + int(month[:2] or 1)
