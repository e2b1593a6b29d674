"""What is kept of a CV: positions with title, organisation and dates. Names are forgotten once it is read."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.reading.cv_tables import fold

# longer numbers may be telephone or insurance numbers
_CODE = re.compile(r"[A-Za-z]{0,4}[-_ ]?\d{1,7}|[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Position:
    """One position. Dates are as precise as the CV: "2019", "2019-03", "2019-03-01"; labels are codes."""

    title: str
    organization: str = ""
    start: str = ""
    end: str = ""
    current: bool = False
    side: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cv:
    """The positions of one person, the latest first or as they stand. `person` tells it from others of its file."""

    positions: Sequence[Position]
    person: str = ""
    language: str = ""
    names: Sequence[str] = ()
    """Words of the person's name, the sure ones."""
    maybe: Sequence[str] = ()
    """Words that may be of the name: taken out of organisations, and out of titles where two stand side by side."""
    unread: Sequence[str] = ()
    """Why parts of it were not understood, without quoting them."""


def digest(*parts: str, size: int = 8) -> str:
    """Return a short hash of these parts."""
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=size).hexdigest()


def pseudonym(person: str) -> str:
    """Return an id that may be kept: a number as it is, anything that could be a name or an address as a hash."""
    person = person.strip()
    return person if not person or _CODE.fullmatch(person) else digest("person", person)


def keys(positions: Sequence[Position]) -> list[str]:
    """Return a key for each position that stays the same when the CV is edited.

    A position is known by organisation and start, so that a mended title is an edit. Where those are not enough (no
    start, or two at once) the title joins them; a position that stands there twice has its number.
    """
    places = [(_plain(one.organization), one.start) for one in positions]
    shared = Counter(places)
    seen: Counter[str] = Counter()
    found = []
    for one, (organization, start) in zip(positions, places, strict=True):
        alone = bool(start) and shared[organization, start] == 1
        key = digest(organization, start, "" if alone else _plain(one.title))
        seen[key] += 1
        found.append(key if seen[key] == 1 else f"{key}-{seen[key]}")
    return found


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))
