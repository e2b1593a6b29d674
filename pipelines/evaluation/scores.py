"""Measure scores: are they probabilities, and how many answers are left when only the surest are kept."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pipelines.evaluation.draws import Numbers, ratio, tallies
from pipelines.evaluation.evaluate import Answers, Figure, Flags
from pipelines.ngrams import Floats, Whole

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of much the same score: how many, their mean score, and how often they are right."""

    answers: int
    score: float
    right: float


@dataclass(frozen=True, slots=True)
class Point:
    """What is left when answers from this score on are kept: which share of all, and how often it is wrong."""

    threshold: float
    coverage: float
    risk: float


def calibration_error(answers: Answers, weights: Numbers) -> Numbers:
    """Return the expected calibration error in 15 bins of score.

    https://arxiv.org/abs/1706.04599, section 2
    """
    places = _places(answers.best)
    apart = tallies(weights * (answers.best - answers.hits), places, BINS)
    return ratio(np.abs(apart).sum(axis=1), weights.sum(axis=1))


def brier(answers: Answers, weights: Numbers) -> Numbers:
    """Return the mean squared distance of all scores from the truth, 0 to 2 (of the answer's alone, 0 to 1)."""
    if answers.scores is None:
        rows = (answers.best.astype(np.float64) - answers.hits) ** 2
    else:
        scores = answers.scores.astype(np.float64)
        true = scores[np.arange(len(answers)), answers.truth]
        rows = (scores**2).sum(axis=1) - true**2 + (1 - true) ** 2
    return ratio(weights @ rows, weights.sum(axis=1))


def coverage_at(right: float) -> Figure:
    """Return the figure: the largest share of answers, the surest first, of which so many are right."""

    def figure(answers: Answers, weights: Numbers) -> Numbers:
        order = np.argsort(-answers.best, kind="stable")
        ranked = weights[:, order]
        kept = np.cumsum(ranked, axis=1)
        good = np.cumsum(ranked * answers.hits[order], axis=1) >= right * kept - 1e-9
        good[:, ~_ends(answers.best[order])] = False
        share = np.where(good, kept, 0.0).max(axis=1, initial=0.0)
        return ratio(share, weights.sum(axis=1))

    return figure


def surest(answers: Answers, right: float) -> float | None:
    """Return the lowest score from which answers are right so often, if there is one."""
    order = np.argsort(-answers.best, kind="stable")
    best = answers.best[order]
    share = np.cumsum(answers.hits[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((share >= right - 1e-9) & _ends(best))
    return float(best[good[-1]]) if len(good) else None


SCORES: Mapping[str, Figure] = {"ece": calibration_error, "brier": brier}


def reliability(answers: Answers) -> list[Bin]:
    """Return the bins of score that hold answers."""
    places = _places(answers.best)
    many = np.bincount(places, minlength=BINS)
    score = np.bincount(places, weights=answers.best, minlength=BINS)
    right = np.bincount(places, weights=answers.hits, minlength=BINS)
    return [Bin(int(many[at]), float(score[at] / many[at]), float(right[at] / many[at])) for at in np.flatnonzero(many)]


def risk_coverage(answers: Answers, points: int = 100) -> list[Point]:
    """Return the curve from the surest answers to all of them, in at most so many points."""
    order = np.argsort(-answers.best, kind="stable")
    wrong = np.cumsum(~answers.hits[order])
    kept = np.arange(1, len(order) + 1)
    best = answers.best[order]
    ends = np.flatnonzero(_ends(best))
    shown = ends[np.unique(np.linspace(0, max(0, len(ends) - 1), min(points, len(ends))).astype(int))]
    return [Point(float(best[at]), float(kept[at] / len(order)), float(wrong[at] / kept[at])) for at in shown]


def area(answers: Answers) -> float:
    """Return the mean risk over all coverages: 0 is an order of answers in which the wrong ones come last of none."""
    order = np.argsort(-answers.best, kind="stable")
    if not len(order):
        return float("nan")
    return float((np.cumsum(~answers.hits[order]) / np.arange(1, len(order) + 1)).mean())


def _ends(best: Floats) -> Flags:
    """Mark the last of each run of equal scores: answers of one score cannot be told apart by a threshold."""
    ends: Flags = np.append(best[1:] != best[:-1], np.ones(min(1, len(best)), dtype=np.bool_))
    return ends


def _places(best: Floats) -> Whole:
    return np.clip((best * BINS).astype(np.int64), 0, BINS - 1)
