"""The entries of a section: each period with the lines beside it that say what it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from scheduler.reading.cv_dates import Span, single, spans
from scheduler.reading.cv_naming import parts
from scheduler.reading.cv_profile import LENGTH
from scheduler.reading.cv_profile import told as told_by_layout
from scheduler.reading.cv_roles import organization, role, terms
from scheduler.reading.cv_sections import Line
from scheduler.reading.cv_tables import fold, rows

_LONG = 110
_PROSE = 5
"""Words beside a period after which one of them must be a job or an organisation."""
_BLOCK = 8
"""Lines beside a period among which labels are looked for."""
_EDGES = " \t,;:|·•–—-/()[]"


@dataclass(frozen=True, slots=True)
class Entry:
    """A period and the pieces of text that belong to it, in their order. `single` is a date without an end.

    `told` is title and organisation where the CV names them so: "Position held: Nurse".
    """

    span: Span
    pieces: tuple[str, ...]
    single: bool = False
    told: tuple[str, str] | None = None


def entries(lines: Sequence[Line]) -> list[Entry]:
    """Return the entries of a section, in order."""
    anchors = {number: span for number, line in enumerate(lines) if (span := _span(line)) is not None}
    if not anchors:
        return []
    first = next(number for number, line in enumerate(lines) if line.text)
    before = first not in anchors  # whether headers stand above their periods
    taken: set[int] = set(anchors)
    found = []
    ends = [*list(anchors)[1:], len(lines)]
    starts = [-1, *anchors]
    profile = told_by_layout(lines, anchors)
    last = _told(lines[: min(anchors)]) is not None  # whether labels stand above their periods
    for (number, span), start, end in zip(anchors.items(), starts, ends, strict=False):
        entry = _entry(lines, number, span, before=before, taken=taken)
        told = _told(lines[start + 1 : number]) if last else _told(lines[number + 1 : end])
        found.append(replace(entry, told=told or profile.get(number)))
    return found


def _told(lines: Sequence[Line]) -> tuple[str, str] | None:
    """Return title and organisation out of lines that say which is which."""
    said: dict[str, str] = {}
    for line in lines[:_BLOCK]:
        label, _, value = line.text.partition(":") if ":" in line.text else line.text.partition("\t")
        means = _labels().get(fold(label).strip())
        if means and value.strip():
            said.setdefault(means, value.strip(_EDGES))
    return (said["title"], said.get("organization", "")) if "title" in said else None


@cache
def _labels() -> dict[str, str]:
    return {fold(row["label"]): row["means"] for row in rows("labels")}


def _span(line: Line) -> Span | None:
    if len(line.text) > 2 * _LONG:
        return None
    found = spans(line.text)
    if found:
        span = found[0]
        lone = (
            line.text[: span.begins].strip(_EDGES) == "" or line.text[span.ends :].strip(_EDGES + ".0123456789") == ""
        )
        whole = LENGTH.sub(" ", line.text[: span.begins] + line.text[span.ends :])
        if len(whole.split()) > _PROSE and not role(whole) and not organization(whole):
            return None
        rest = LENGTH.sub(" ", line.text[span.ends :]).strip(_EDGES)
        return span if lone or (not line.bullet and (not rest or len(line.text) <= _LONG)) else None
    if line.bullet:
        return None
    alone = single(line.text)
    return alone if alone is not None and role(line.text[: alone.begins] + line.text[alone.ends :]) else None


def _entry(lines: Sequence[Line], at: int, span: Span, *, before: bool, taken: set[int]) -> Entry:
    text = lines[at].text
    rest = "\t".join(
        part for side in (text[: span.begins], text[span.ends :]) if (part := _bare(LENGTH.sub(" ", side)))
    )
    pieces = [] if all(terms(part) for part in parts(rest)) else [rest]
    above, below = _above(lines, at, taken), _below(lines, at, taken)
    if not pieces:
        pieces = _texts(lines, (above or below) if before else (below or above))
    elif not (role(rest) and len(parts(rest)) > 1):
        near = above[-1:] if before and above and _fits(rest, lines[above[-1]].text) else below[:1]
        if near and _fits(rest, lines[near[0]].text):
            taken.update(near)
            near_texts = _texts(lines, near)
            pieces = [*near_texts, rest] if near[0] < at else [rest, *near_texts]
    return Entry(span, tuple(pieces), span.start == span.end and not span.current)


def _bare(text: str) -> str:
    """Return a text without the signs around it; a bracket stays where its other half does."""
    bare = text.strip(_EDGES)
    return bare + ")" if bare.count("(") == bare.count(")") + 1 and text.rstrip(" \t,;:|").endswith(")") else bare


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


def _fits(rest: str, other: str) -> bool:
    """Tell whether another line says what this one lacks: the organisation of a job, the job at an organisation."""
    if role(rest) and not organization(rest):
        return bool(organization(other)) or (not role(other) and len(other.split()) <= 6)
    return bool(role(other))
