"""Bootstrap draws as weights, how often each row counts in each: a figure is worked out for many draws at once."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.ngrams import Whole

Numbers = NDArray[np.float64]

DRAWS = 1000

_AT_ONCE = 4_000_000  # weights held at a time: 32 MB
_SPAN = (2.5, 97.5)  # per cent: the middle 95


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure, and between which ends it lies in 95 of 100 draws; NaN where there is nothing to measure on."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return "–" if math.isnan(self.value) else f"{self.value:.3f} ({self.low:.3f}–{self.high:.3f})"


def once(rows: int) -> Numbers:
    """Return one draw that has each row once: it gives a figure's plain value."""
    return np.ones((1, rows))


def drawn(groups: Whole, *, draws: int = DRAWS, seed: int = 0) -> Iterator[Numbers]:
    """Yield weights, some draws at a time; rows of one group, such as equal titles, are drawn together."""
    chance = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    size = int(group.max()) + 1 if len(group) else 0
    step = max(1, _AT_ONCE // max(1, len(groups)))
    for start in range(0, draws if size else 0, step):
        some = min(step, draws - start)
        picked = chance.integers(0, size, (some, size)) + np.arange(some)[:, None] * size
        times = np.bincount(picked.ravel(), minlength=some * size).reshape(some, size)
        yield times[:, group].astype(np.float64)


def intervals(
    figures: Callable[[Numbers], Mapping[str, Numbers]], groups: Whole, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, list[Interval]]:
    """Return the values that figures have on all rows, each between its ends; the same seed gives the same ends."""
    plain = figures(once(len(groups)))
    parts: dict[str, list[Numbers]] = {name: [] for name in plain}
    for weights in drawn(groups, draws=draws, seed=seed):
        for name, found in figures(weights).items():
            parts[name].append(found.reshape(len(weights), -1))
    return {
        name: spread(value.reshape(1, -1)[0], np.concatenate(parts[name]) if parts[name] else value.reshape(1, -1))
        for name, value in plain.items()
    }


def spread(values: Numbers, seen: Numbers) -> list[Interval]:
    """Return each value between the ends that its column of draws leaves; draws without a number do not count."""
    found = []
    for value, column in zip(values, seen.T, strict=True):
        known = column[~np.isnan(column)]
        low, high = np.percentile(known, _SPAN) if len(known) else (np.nan, np.nan)
        found.append(Interval(float(value), float(low), float(high)))
    return found


def tallies(weights: Numbers, places: Whole, size: int) -> Numbers:
    """Return for each draw the weight of each of `size` places."""
    found = np.zeros((len(weights), size))
    if len(places):
        order = np.argsort(places, kind="stable")
        ranked = places[order]
        starts = np.flatnonzero(np.diff(ranked, prepend=-1))
        found[:, ranked[starts]] = np.add.reduceat(weights[:, order], starts, axis=1)
    return found


def ratio(part: Numbers, whole: Numbers) -> Numbers:
    """Divide; where there is nothing to measure on, there is no number."""
    found: Numbers = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=np.asarray(whole) > 0)
    return found
