"""Where a person stands now, out of the positions of a CV and their tags: a rule, written down in decision 0024."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, Protocol, TypeVar

RECENT = timedelta(days=365)
"""A position that ended no longer ago still says where a person stands."""


class Said(Protocol):
    """The best tag in one taxonomy."""

    @property
    def code(self) -> str: ...
    @property
    def sure(self) -> bool: ...


class Position(Protocol):
    """One position of a CV. Dates are as precise as the CV; `gone` is one that it no longer has."""

    @property
    def started(self) -> str: ...
    @property
    def ended(self) -> str: ...
    @property
    def ongoing(self) -> bool: ...
    @property
    def side(self) -> bool: ...
    @property
    def gone(self) -> bool: ...
    @property
    def tags(self) -> Mapping[str, Said]: ...


P = TypeVar("P", bound=Position)


@dataclass(frozen=True, slots=True)
class Standing(Generic[P]):
    """The position that says where a person stands, and why that one."""

    position: P
    because: str


def standing(positions: Sequence[P], *, ranks: Mapping[str, int], today: date) -> Standing[P] | None:
    """Return the position whose seniority and department are the person's; None where none is current or recent.

    Of those held today the one with the highest sure seniority counts, the later begun where two are equal; without
    any, the one that ended last, within a year. Side functions are asked only where no employment answers.
    """
    there = [one for one in positions if not one.gone]
    for side, word in ((False, ""), (True, "side function, ")):
        kind = [one for one in there if one.side is side]
        current = [one for one in kind if _held(one, today)]
        if current:
            sure = [one for one in current if _sure(one, ranks)]
            best = max(sure or current, key=lambda one: (ranks[one.tags["seniority"].code] if sure else 0, one.started))
            return Standing(best, f"{word}held today" + ("" if sure else ", unsure"))
        recent = [one for one in kind if one.ended and today - RECENT <= last_day(one.ended)]
        if recent:
            return Standing(
                max(recent, key=lambda one: (last_day(one.ended), one.started)), f"{word}ended within a year"
            )
    return None


def last_day(partial: str) -> date:
    """Return the last day of a year, month or day."""
    year, month, day = ([int(part) for part in partial.split("-")] + [0, 0])[:3]
    month = month or 12
    longest = monthrange(year, month)[1]
    return date(year, month, min(day or longest, longest))


def _held(position: Position, today: date) -> bool:
    return position.ongoing or bool(position.ended and last_day(position.ended) >= today)


def _sure(position: Position, ranks: Mapping[str, int]) -> bool:
    said = position.tags.get("seniority")
    return said is not None and said.sure and said.code in ranks
