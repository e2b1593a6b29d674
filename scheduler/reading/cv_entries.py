"""The entries of a section: each period with the lines beside it that say what it was."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.reading.cv_dates import Span, single, spans
from scheduler.reading.cv_roles import organization, role
from scheduler.reading.cv_sections import Line

_LONG = 110
_LENGTH = re.compile(
    r"\(?\b\d{1,2}\s*(?:years?|yrs?|months?|mos?|jahre?n?|monate?n?|ans?|mois|anni?|mes[ei]s?|años?|jaar|jaren|"
    r"maanden?)\b\.?(?:\s*(?:,|and|und|et|e|y|en)?\s*\d{1,2}\s*(?:months?|mos?|monate?|mois|mes[ei]s?|maanden?)\b\.?)?\)?",
    re.IGNORECASE,
)
_EDGES = " \t,;:|·•–—-/()[]"


@dataclass(frozen=True, slots=True)
class Entry:
    """A period and the pieces of text that belong to it, in their order. `single` is a date without an end."""

    span: Span
    pieces: tuple[str, ...]
    single: bool = False


def entries(lines: Sequence[Line]) -> list[Entry]:
    """Return the entries of a section, in order."""
    anchors = {number: span for number, line in enumerate(lines) if (span := _span(line)) is not None}
    if not anchors:
        return []
    first = next(number for number, line in enumerate(lines) if line.text)
    before = first not in anchors  # whether headers stand above their periods
    taken: set[int] = set(anchors)
    return [_entry(lines, number, span, before=before, taken=taken) for number, span in anchors.items()]


def _span(line: Line) -> Span | None:
    if len(line.text) > 2 * _LONG:
        return None
    found = spans(line.text)
    if found:
        span = found[0]
        lone = line.text[: span.begins].strip(_EDGES) == "" or line.text[span.ends :].strip(_EDGES + "0123456789") == ""
        rest = _LENGTH.sub(" ", line.text[span.ends :]).strip(_EDGES)
        return span if lone or not rest or len(line.text) <= _LONG else None
    if line.bullet:
        return None
    alone = single(line.text)
    return alone if alone is not None and role(line.text[: alone.begins] + line.text[alone.ends :]) else None


def _entry(lines: Sequence[Line], at: int, span: Span, *, before: bool, taken: set[int]) -> Entry:
    text = lines[at].text
    rest = "\t".join(
        part for side in (text[: span.begins], text[span.ends :]) if (part := _LENGTH.sub(" ", side).strip(_EDGES))
    )
    pieces = [rest] if rest else []
    above, below = _above(lines, at, taken), _below(lines, at, taken)
    if not pieces:
        pieces = _texts(lines, (above or below) if before else (below or above))
    elif not (role(rest) and _has_partner(rest)):
        near = above[-1:] if before and above and _fits(rest, lines[above[-1]].text) else below[:1]
        if near and _fits(rest, lines[near[0]].text):
            taken.update(near)
            near_texts = _texts(lines, near)
            pieces = [*near_texts, rest] if near[0] < at else [rest, *near_texts]
    return Entry(span, tuple(pieces), span.start == span.end and not span.current)


def _above(lines: Sequence[Line], at: int, taken: set[int]) -> list[int]:
    """Return the one or two lines above that can be a header, in order."""
    found: list[int] = []
    for number in range(at - 1, max(at - 3, -1), -1):
        if number in taken or not _header(lines[number]):
            break
        found.insert(0, number)
    return found


def _below(lines: Sequence[Line], at: int, taken: set[int]) -> list[int]:
    found: list[int] = []
    for number in range(at + 1, min(at + 3, len(lines))):
        if number in taken or not _header(lines[number]):
            break
        found.append(number)
    return found


def _header(line: Line) -> bool:
    """Tell whether a line can name a job or an organisation: short, no bullet, no sentence."""
    text = line.text
    if not text or line.bullet or len(text) > _LONG or not text[:1].isalnum():
        return False
    whole = text.endswith(".") and not organization(text)
    return not whole and not text[:1].islower()


def _texts(lines: Sequence[Line], numbers: Sequence[int]) -> list[str]:
    return [lines[number].text for number in numbers]


def _has_partner(rest: str) -> bool:
    from scheduler.reading.cv_naming import parts

    return len(parts(rest)) > 1


def _fits(rest: str, other: str) -> bool:
    """Tell whether another line says what this one lacks: the organisation of a job, the job at an organisation."""
    if role(rest) and not organization(rest):
        return bool(organization(other)) or (not role(other) and len(other.split()) <= 6)
    return bool(role(other))
