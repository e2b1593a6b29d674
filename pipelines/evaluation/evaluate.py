"""Measure answers against the truth: accuracy, macro-F1, per label, and how far each figure may be trusted.

A figure reads weights, one row a bootstrap draw, one column a title; one draw of ones gives the plain value. So the
value and the ends of its interval come from the same formula.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation import draws as evaluate_draws
from pipelines.evaluation.draws import DRAWS, Interval, Numbers, ratio, tallies
from pipelines.ngrams import Floats, Whole

Flags = NDArray[np.bool_]
Figure = Callable[["Answers", Numbers], Numbers]  # one value a draw, or one row of values a draw


@dataclass(frozen=True, slots=True)
class Answers:
    """The answer to each title, its score, whether that is sure, the truth, and which titles are drawn together.

    Answers and truth are places among the `size` labels. Where several labels are allowed, `allowed` marks them all,
    and the truth is the one that speaks best for the answer.
    """

    given: Whole
    best: Floats
    sure: Flags
    truth: Whole
    groups: Whole
    size: int
    scores: Floats | None = None  # of every label, where they are known
    allowed: Flags | None = field(default=None)

    def __len__(self) -> int:
        return len(self.given)

    @property
    def hits(self) -> Flags:
        """Return which answers are right."""
        hits: Flags = self.given == self.truth
        return hits

    def part(self, rows: Flags | Whole) -> "Answers":
        """Return the answers of some rows."""
        return replace(
            self,
            given=self.given[rows],
            best=self.best[rows],
            sure=self.sure[rows],
            truth=self.truth[rows],
            groups=self.groups[rows],
            scores=None if self.scores is None else self.scores[rows],
            allowed=None if self.allowed is None else self.allowed[rows],
        )


def of(scores: Floats, sure: Flags, truth: Whole, groups: Whole) -> Answers:
    """Return the answers that scores give where one label is right."""
    return Answers(scores.argmax(axis=1), scores.max(axis=1), sure, truth, groups, scores.shape[1], scores)


def among(scores: Floats, sure: Flags, allowed: Flags, groups: Whole) -> Answers:
    """Return the answers that scores give where any of several labels is right."""
    truth = np.where(allowed, scores, -1.0).argmax(axis=1)
    return replace(of(scores, sure, truth, groups), allowed=allowed)


def said(given: Whole, truth: Whole, groups: Whole, size: int) -> Answers:
    """Return answers of which no score is known; each counts as sure."""
    ones = np.ones(len(given), dtype=np.float32)
    return Answers(given, ones, ones > 0, truth, groups, size)


def accuracy(answers: Answers, weights: Numbers) -> Numbers:
    """Return the share of right answers."""
    return ratio(weights[:, answers.hits].sum(axis=1), weights.sum(axis=1))


def macro_f1(answers: Answers, weights: Numbers) -> Numbers:
    """Return the mean F1 over the labels that occur, as an answer or in truth."""
    found = f1(answers, weights)
    there = ~np.isnan(found)
    return ratio(np.where(there, found, 0.0).sum(axis=1), there.sum(axis=1))


def precision(answers: Answers, weights: Numbers) -> Numbers:
    """Return for each label how often it is right where it is given."""
    return ratio(_right(answers, weights), tallies(weights, answers.given, answers.size))


def recall(answers: Answers, weights: Numbers) -> Numbers:
    """Return for each label how many of its titles got it."""
    return ratio(_right(answers, weights), tallies(weights, answers.truth, answers.size))


def f1(answers: Answers, weights: Numbers) -> Numbers:
    """Return for each label the harmonic mean of precision and recall; no number where it does not occur at all."""
    both = tallies(weights, answers.given, answers.size) + tallies(weights, answers.truth, answers.size)
    return ratio(2 * _right(answers, weights), both)


def sure_share(answers: Answers, weights: Numbers) -> Numbers:
    """Return the share of answers that need no review."""
    return ratio(weights[:, answers.sure].sum(axis=1), weights.sum(axis=1))


def sure_right(answers: Answers, weights: Numbers) -> Numbers:
    """Return how often those are right."""
    return ratio(weights[:, answers.sure & answers.hits].sum(axis=1), weights[:, answers.sure].sum(axis=1))


OVERALL: Mapping[str, Figure] = {
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "sure": sure_share,
    "sure_right": sure_right,
}
BY_LABEL: Mapping[str, Figure] = {"precision": precision, "recall": recall, "f1": f1}


def intervals(
    answers: Answers, figures: Mapping[str, Figure] = OVERALL, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Interval]:
    """Return each figure with its 95 % interval; titles are drawn, like ones together."""
    return {name: found[0] for name, found in spreads(answers, figures, draws=draws, seed=seed).items()}


def spreads(
    answers: Answers, figures: Mapping[str, Figure] = BY_LABEL, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, list[Interval]]:
    """Return figures that have a value for each label, each value with its 95 % interval."""

    def worked_out(weights: Numbers) -> dict[str, Numbers]:
        return {name: figure(answers, weights) for name, figure in figures.items()}

    return evaluate_draws.intervals(worked_out, answers.groups, draws=draws, seed=seed)


def values(answers: Answers, figures: Mapping[str, Figure] = OVERALL) -> dict[str, float]:
    """Return each figure without an interval."""
    once = evaluate_draws.once(len(answers))
    return {name: float(figure(answers, once)[0]) for name, figure in figures.items()}


def within(rows: Flags, figure: Figure) -> Figure:
    """Return a figure of some rows, drawn together with all others."""
    places = np.flatnonzero(rows)
    return lambda answers, weights: figure(answers.part(places), weights[:, places])


def _right(answers: Answers, weights: Numbers) -> Numbers:
    hits = np.flatnonzero(answers.hits)
    return tallies(weights[:, hits], answers.truth[hits], answers.size)
