"""The gate: whether a candidate may replace the champion, decided from what both answered to the same titles.

People's labels alone decide: gold, holdout, and the reference titles that come with a taxonomy. A candidate that has
not shown that it is no worse stays a candidate.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

_QUANTILES = (0.05, 0.95)


class Outcome(StrEnum):
    """What the gate says."""

    PASSED = "passed"
    REFUSED = "refused"
    CANNOT_JUDGE = "cannot judge yet"


@dataclass(frozen=True, slots=True)
class Bounds:
    """How strict the gate is."""

    rows: int = 200  # labelled by people of this installation, below which nothing is judged
    worse: float = 0.01  # accuracy that may be lost on them at most, with 95 % certainty
    reference: float = 0.02  # the same on the reference titles
    fall: float = 0.10  # of a label: the share of its titles that may turn wrong
    lost: int = 3  # titles of a label below which a fall is chance
    slower: float = 1.25  # times the champion's time
    draws: int = 4_000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answers:
    """The truth and what champion and candidate said, title by title."""

    truth: Sequence[str]
    champion: Sequence[str]
    candidate: Sequence[str]

    def __len__(self) -> int:
        return len(self.truth)


@dataclass(frozen=True, slots=True)
class Measured:
    """All that the gate looks at: `own` are gold and holdout; `slower` is candidate by champion in one run."""

    own: Answers
    reference: Answers
    slower: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says, why, and the figures behind it."""

    outcome: Outcome
    reasons: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict)


def judge(measured: Measured, bounds: Bounds) -> Judgement:
    """Decide; every reason to refuse is named, not only the first."""
    figures = {
        "own_rows": float(len(measured.own)),
        "reference_rows": float(len(measured.reference)),
        "slower": round(measured.slower, 3),
        **_compared("own", measured.own, bounds),
        **_compared("reference", measured.reference, bounds),
    }
    faults = [
        *_worse("your labelled titles", "own", figures, bounds.worse),
        *_worse("the reference titles", "reference", figures, bounds.reference),
        *_fallen(_joined(measured.own, measured.reference), bounds),
    ]
    if measured.slower > bounds.slower:
        faults.append(f"it takes {measured.slower:.2f} times the champion's time, at most {bounds.slower:g} may be")
    if (short := bounds.rows - len(measured.own)) > 0:
        needed = f"{short} more labels needed: {len(measured.own)} of {bounds.rows} titles labelled by people"
        return Judgement(Outcome.CANNOT_JUDGE, (needed, *faults), figures)
    if faults:
        return Judgement(Outcome.REFUSED, tuple(faults), figures)
    return Judgement(Outcome.PASSED, ("not worse overall, no label falls, fast enough",), figures)


def _compared(name: str, answers: Answers, bounds: Bounds) -> dict[str, float]:
    """Return both accuracies and the difference with the ends of its interval, by a bootstrap of pairs."""
    size = len(answers)
    if not size:
        return {}
    pairs = list(zip(answers.truth, answers.champion, answers.candidate, strict=True))
    won = sum(candidate == truth != champion for truth, champion, candidate in pairs)
    lost = sum(champion == truth != candidate for truth, champion, candidate in pairs)
    # to draw pairs with replacement is to draw how many of them were won, lost and alike
    shares = np.array([won, lost, size - won - lost]) / size
    drawn = np.random.default_rng(bounds.seed).multinomial(size, shares, bounds.draws)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / size, _QUANTILES)
    right = sum(candidate == truth for truth, _, candidate in pairs)
    return {
        f"{name}_champion": round((right - won + lost) / size, 4),
        f"{name}_candidate": round(right / size, 4),
        f"{name}_difference": round((won - lost) / size, 4),
        f"{name}_low": round(float(low), 4),
        f"{name}_high": round(float(high), 4),
    }


def _worse(where: str, name: str, figures: Mapping[str, float], bound: float) -> list[str]:
    low = figures.get(f"{name}_low")
    if low is None or low >= -bound:
        return []
    return [
        f"on {where} it may be worse by {-low:.3f} (difference {figures[f'{name}_difference']:+.3f}), "
        f"at most {bound:g} may be lost"
    ]


def _fallen(answers: Answers, bounds: Bounds) -> list[str]:
    """Name the labels of which too many titles turn wrong."""
    there, net = Counter(answers.truth), Counter[str]()
    for truth, champion, candidate in zip(answers.truth, answers.champion, answers.candidate, strict=True):
        net[truth] += (champion == truth) - (candidate == truth)
    return [
        f"{code} falls: {net[code]} more of its {there[code]} titles are wrong"
        for code in sorted(there)
        if net[code] >= bounds.lost and net[code] / there[code] > bounds.fall
    ]


def _joined(one: Answers, other: Answers) -> Answers:
    return Answers([*one.truth, *other.truth], [*one.champion, *other.champion], [*one.candidate, *other.candidate])
