"""Which of the pieces beside a period is the title, and which the organisation."""

import re
from collections.abc import Sequence

from scheduler.reading.cv_roles import organization, role, terms

TITLE_LETTERS, TITLE_WORDS = 120, 14
_STRONG = re.compile(
    r"\t+|\s*[|•·›»]\s*|\s+(?:[-–—@]|//)\s+|\s*@\s*|;\s+|:\s+|\s+[–—]|[–—]\s+|"
    r"(?<=[a-zß-ÿ]{5})\.\s+(?=[A-ZÀ-Þ])"
)
_SLASH = re.compile(r"\s+/\s+")
_AT = re.compile(r",?\s+(?:at|with|bei|beim|chez|presso|bij|c/o|im Hause)\s+(?=[^\W\d_])", re.IGNORECASE)
_IN = re.compile(r"\s+(?:en|in|à|au sein de|per|für|für die|voor)\s+(?=[A-ZÀ-Þ0-9])")
_COMMA = re.compile(r"\s*,\s+")
_EDGES = " \t,;:|·•–—-/"


def named(pieces: Sequence[str]) -> tuple[str, str] | None:
    """Return title and organisation out of the pieces beside a period; None where no title can be told."""
    found = [part for piece in pieces for part in parts(piece) if not terms(part)]
    if not found:
        return None
    if len(found) == 1:
        return _checked(found[0], "")
    scores = [3 * bool(role(part)) - 2 * organization(part) for part in found]
    best = max(range(len(found)), key=lambda number: (scores[number], -number))
    others = [number for number in range(len(found)) if number != best]
    employer = max(
        others,
        key=lambda number: (
            organization(found[number]),
            -scores[number],
            "," not in found[number],
            -abs(number - best),
        ),
    )  # without a word for it, what holds a comma is rather a place: "Leeds, United Kingdom"
    return _checked(found[best], _organization(found[employer]))


def parts(piece: str) -> list[str]:
    """Return the parts of a line: by strong separators, else by words for "at", else by commas."""
    strong = _split(_STRONG, piece)
    slashed = _split(_SLASH, piece)
    if len(strong) == 1 and len(slashed) == 2 and any(map(_firm, slashed)):  # "CEO / President" is one job
        strong = slashed
    if len(strong) > 1:
        return [inner for part in strong for inner in (_by_words(part) if role(part) else [part])]
    by_words = _by_words(piece)
    if len(by_words) > 1:
        return by_words
    return _by_commas(piece)


def _by_words(piece: str) -> list[str]:
    for pattern, needed in ((_AT, 0), (_IN, 1)):
        found = pattern.search(piece)
        if (
            found
            and "," not in piece[: found.start()]
            and role(piece[: found.start()])
            and organization(piece[found.end() :]) >= needed
        ):
            return [piece[: found.start()].strip(_EDGES), piece[found.end() :].strip(_EDGES)]
    return [piece.strip(_EDGES)]


def _by_commas(piece: str) -> list[str]:
    """Split "Manager, Procurement, Acme Ltd, Leeds" before the organisation; what stands before it is the title."""
    found = _split(_COMMA, piece)
    if len(found) < 2:
        return found
    firm = [number for number, part in enumerate(found) if _firm(part)]
    firm = firm or [number for number, part in enumerate(found) if organization(part) >= 3]
    if firm and firm[0] > 0:
        return [", ".join(found[: firm[0]]), ", ".join(found[firm[0] :])]
    jobs = [number for number, part in enumerate(found) if role(part) and not organization(part) >= 3]
    if jobs and jobs[0] > 0:
        return [", ".join(found[: jobs[0]]), ", ".join(found[jobs[0] :])]
    if jobs and not any(role(part) for part in found[1:]):
        return [found[0], ", ".join(found[1:])]
    return [piece.strip(_EDGES)]


def _firm(part: str) -> bool:
    """Tell whether a part is an organisation and no job, whatever its other words ("Association of Gardeners")."""
    return bool(organization(part)) and (not role(part) or bool(organization(part.split(maxsplit=1)[0])))


def _organization(text: str) -> str:
    """Return an organisation without the place behind its comma."""
    found = _split(_COMMA, text)
    if len(found) < 2:
        return text
    firm = next((number for number, part in enumerate(found) if organization(part)), 0)
    return ", ".join(found[: firm + 1])


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    return [part for piece in pattern.split(text) if (part := piece.strip(_EDGES)) and re.search(r"[^\W\d_]", part)]


def _checked(title: str, employer: str) -> tuple[str, str] | None:
    title, employer = (re.sub(r"\(\s*\)|\s+\.$", "", text).strip(_EDGES) for text in (title, employer))
    fits = len(title) <= TITLE_LETTERS and len(title.split()) <= TITLE_WORDS and len(re.findall(r"[^\W\d_]", title)) > 1
    return (title, employer) if fits else None
