"""A board that shows all its postings at once: what is new, edited, closed or odd of it, in pages of bounded size.

The cursor holds by what the answer is known again (`mark`), how far a reading that was broken off had come (`at`), and
which odd rows were told already (`aside`). What is on the board no more has vanished.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from metier.errors import MetierError, Rejected, SourceChanged, SourceRefused
from metier.types import Lane, Posting
from scheduler.answers import Answer, fault
from scheduler.shapes import Json
from scheduler.sources import Page

PAGE = 100
"""Postings that are saved at once."""
_ASIDE = 200
"""Odd rows that are remembered, so that they are told once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a board shows: good postings by key, what is wrong with others by theirs, whether all keys could be read."""

    postings: Mapping[str, Posting] = field(default_factory=dict)
    bad: Mapping[str, str] = field(default_factory=dict)
    whole: bool = True

    def __add__(self, other: "Shown") -> "Shown":
        return Shown({**self.postings, **other.postings}, {**self.bad, **other.bad}, self.whole and other.whole)

    @property
    def keys(self) -> set[str]:
        """Return the keys of all that is shown, be it odd."""
        return {*self.postings, *self.bad}


def shown(
    name: str, rows: Sequence[object], *, key: Callable[[Json], str], posting: Callable[[Json], Posting | None]
) -> Shown:
    """Read the rows of an answer; where no row at all can be read, the shape has changed."""
    good: dict[str, Posting] = {}
    bad: dict[str, str] = {}
    whole, read = True, 0
    for number, row in enumerate(rows):
        known = ""
        try:
            if not isinstance(row, dict):
                raise Rejected("is no object")
            known = key(row)
            found = posting(row)
            read += 1
            if found is not None:
                good[known] = found
        except Rejected as error:
            bad[known or f"#{number}"] = f"{name}:{known or f' row {number + 1}'}: {error}"
            whole = whole and bool(known)
    if rows and not read:
        raise SourceChanged(f"{next(iter(bad.values()))}, and so of all {len(rows)} postings; look for a newer Metier")
    return Shown(good, bad, whole)


def mark(*answers: Answer) -> dict[str, str]:
    """Return by what answers are known again: the service's own words where it is one answer, and their content."""
    content = blake2b(b"\x00".join(answer.body for answer in answers), digest_size=12).hexdigest()
    return (answers[0].known if len(answers) == 1 else {}) | {"content": content}


def known(cursor: Json) -> dict[str, str]:
    """Return what to ask a service with: nothing where a reading was broken off, for then all is wanted."""
    return {} if "at" in cursor else dict(cursor.get("mark", {}))


def pages(found: Shown, cursor: Json, *, marked: Mapping[str, str]) -> Iterator[Page]:
    """Yield what a board shows, in the order of keys, so that a reading that was broken off goes on at its place."""
    broken_off, first = "at" in cursor, not cursor
    told = set(cursor.get("aside", ()))
    aside = {_short(reason): reason for reason in found.bad.values()}
    rest = sorted(key for key in found.postings if key > cursor.get("at", ""))
    chunks = [rest[start : start + PAGE] for start in range(0, len(rest), PAGE)] or [[]]
    for number, chunk in enumerate(chunks):
        postings = [found.postings[key] for key in chunk]
        lane = Lane.BACKFILL if first and number else Lane.LIVE
        if number < len(chunks) - 1:
            yield Page(postings, {"at": chunk[-1], "aside": sorted(told)}, lane=lane)
            continue
        after: dict[str, Any] = {"aside": sorted(aside)[:_ASIDE]}  # Any: JSON
        if not broken_off:  # what was read before the break may have been edited since
            after["mark"] = dict(marked)
        fresh = [reason for name, reason in aside.items() if name not in told]
        yield Page(postings, after, fresh, lane, listing=_listing(found))


def problem(name: str, answer: Answer, *, remedies: Mapping[int, str]) -> MetierError | None:
    """Return what a status means for a board; one that is not there needs a person."""
    if answer.status == 404:
        return SourceRefused(f"{name}: the service knows nothing at this address (status 404): {remedies[404]}")
    closed = f"is it public? Open it in a browser; then `metier sources poll {name}`"
    known = {
        400: "look for a newer Metier",
        401: closed,
        403: closed,
        410: "it was switched off; take it out of sources.toml, or look for a newer Metier",
        429: 'let it be polled less often, by a line such as every = "1h" in sources.toml',
    }
    return fault(name, answer, remedies=known | dict(remedies))


def _listing(found: Shown) -> Collection[str] | None:
    return found.keys if found.whole else None


def _short(reason: str) -> str:
    return blake2b(reason.encode("utf-8", "replace"), digest_size=6).hexdigest()
