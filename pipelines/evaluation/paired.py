"""Compare two lists of answers to the same titles: both are measured in the same draws, so that chance cancels out."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.evaluation import draws as evaluate_draws
from pipelines.evaluation.draws import DRAWS, Interval, Numbers, ratio
from pipelines.evaluation.evaluate import BY_LABEL, OVERALL, Answers, Figure


@dataclass(frozen=True, slots=True)
class Change:
    """A figure before and after; the interval is that of the difference, and `worse` the share of draws that lost.

    A draw in which both are equal counts half, so that equal answers give 0.5.
    """

    before: float
    after: float
    change: Interval
    worse: float


def compare(
    before: Answers, after: Answers, figures: Mapping[str, Figure] = OVERALL, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Change]:
    """Return how each figure changes from one list of answers to the other."""
    return {name: found[0] for name, found in compare_each(before, after, figures, draws=draws, seed=seed).items()}


def compare_each(
    before: Answers, after: Answers, figures: Mapping[str, Figure] = BY_LABEL, *, draws: int = DRAWS, seed: int = 0
) -> dict[str, list[Change]]:
    """Return how figures that have a value for each label change, label by label."""
    if len(before) != len(after) or not np.array_equal(before.groups, after.groups):
        raise ValueError("only answers to the same titles can be compared")
    first, second = _drawn(before, figures, draws, seed), _drawn(after, figures, draws, seed)
    plain = evaluate_draws.once(len(before))
    found = {}
    for name, figure in figures.items():
        values = [np.asarray(figure(answers, plain)).reshape(-1) for answers in (before, after)]
        apart = second[name] - first[name]
        changes = evaluate_draws.spread(values[1] - values[0], apart)
        known = (~np.isnan(apart)).sum(axis=0)
        lost = ratio((apart < 0).sum(axis=0) + 0.5 * (apart == 0).sum(axis=0), known)
        found[name] = [
            Change(float(was), float(is_), change, float(worse))
            for was, is_, change, worse in zip(*values, changes, lost, strict=True)
        ]
    return found


def _drawn(answers: Answers, figures: Mapping[str, Figure], draws: int, seed: int) -> dict[str, Numbers]:
    parts: dict[str, list[Numbers]] = {name: [] for name in figures}
    for weights in evaluate_draws.drawn(answers.groups, draws=draws, seed=seed):
        for name, figure in figures.items():
            parts[name].append(figure(answers, weights).reshape(len(weights), -1))
    return {name: np.concatenate(found) for name, found in parts.items()}
