"""Figures of answers against the truth, with bootstrap intervals that resample titles, like ones together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines import calibrate
from pipelines.ngrams import Floats, Whole

_DRAWS = 1000
_SPAN = (2.5, 97.5)  # per cent: the middle 95


@dataclass(frozen=True, slots=True)
class Answers:
    """The answer to each title, its score, whether that is sure, the truth, and which titles are drawn together."""

    given: Whole
    best: Floats
    sure: NDArray[np.bool_]
    truth: Whole
    groups: Whole

    @property
    def hits(self) -> NDArray[np.bool_]:
        """Return which answers are right."""
        hits: NDArray[np.bool_] = self.given == self.truth
        return hits

    def part(self, rows: NDArray[np.bool_] | Whole) -> "Answers":
        """Return the answers of some rows."""
        return Answers(self.given[rows], self.best[rows], self.sure[rows], self.truth[rows], self.groups[rows])


def of(scores: Floats, sure: NDArray[np.bool_], truth: Whole, groups: Whole) -> Answers:
    """Return the answers that scores give."""
    return Answers(scores.argmax(axis=1), scores.max(axis=1), sure, truth, groups)


def accuracy(answers: Answers) -> float:
    """Return the share of right answers."""
    return _mean(answers.hits)


def macro_f1(answers: Answers) -> float:
    """Return the mean F1 over the labels that occur, as an answer or in truth."""
    size = int(max(answers.given.max(), answers.truth.max())) + 1
    both = np.bincount(answers.truth[answers.hits], minlength=size)
    sums = np.bincount(answers.given, minlength=size) + np.bincount(answers.truth, minlength=size)
    return float((2 * both[sums > 0] / sums[sums > 0]).mean())


def calibration_error(answers: Answers) -> float:
    """Return the expected calibration error in 15 bins."""
    return calibrate.error(answers.best, answers.hits)


def sure_share(answers: Answers) -> float:
    """Return the share of answers that need no review."""
    return _mean(answers.sure)


def sure_right(answers: Answers) -> float:
    """Return how often those are right."""
    return _mean(answers.hits[answers.sure])


def coverage(answers: Answers, right: float) -> float:
    """Return the largest share of answers, the surest first, of which so many are right."""
    order = np.argsort(-answers.best, kind="stable")
    share = np.cumsum(answers.hits[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= right)
    return float(enough[-1] + 1) / len(order) if len(enough) else 0.0


FIGURES: Mapping[str, Callable[[Answers], float]] = {
    "accuracy": accuracy,
    "macro-F1": macro_f1,
    "ECE": calibration_error,
    "sure": sure_share,
    "right where sure": sure_right,
    "coverage at 90 %": lambda answers: coverage(answers, 0.90),
    "at 95 %": lambda answers: coverage(answers, 0.95),
}


def intervals(answers: Answers, *, draws: int = _DRAWS, seed: int = 0) -> dict[str, tuple[float, float, float]]:
    """Return each figure with the ends of its 95 % interval."""
    chance = np.random.default_rng(seed)
    _, groups = np.unique(answers.groups, return_inverse=True)
    size = int(groups.max()) + 1
    drawn: dict[str, list[float]] = {name: [] for name in FIGURES}
    for _ in range(draws):
        times = np.bincount(chance.integers(0, size, size), minlength=size)
        part = answers.part(np.repeat(np.arange(len(groups)), times[groups]))
        for name, figure in FIGURES.items():
            drawn[name].append(figure(part))
    found = {}
    for name, figure in FIGURES.items():
        low, high = np.nanpercentile(drawn[name], _SPAN)
        found[name] = (figure(answers), float(low), float(high))
    return found


def _mean(flags: NDArray[np.bool_]) -> float:
    return float(flags.mean()) if len(flags) else 0.0
