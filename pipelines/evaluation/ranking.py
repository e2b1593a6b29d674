"""Measure whole rankings (hits among the first k, reciprocal rank, discounted gain) and the distance of levels."""

from collections.abc import Mapping

import numpy as np

from pipelines.evaluation.draws import Numbers, ratio
from pipelines.evaluation.evaluate import Answers, Figure, Flags
from pipelines.ngrams import Whole


def figures(answers: Answers, first: tuple[int, ...] = (1, 3, 5, 10)) -> dict[str, Figure]:
    """Return the figures that a ranking of this many labels allows: hits@k, MRR and NDCG@k."""
    if answers.scores is None:
        return {}
    allowed = _allowed(answers)
    places = _ranks(answers, allowed)
    cuts = [k for k in first if k < answers.size]
    rows: dict[str, Numbers] = {f"hits@{k}": (places < k).astype(np.float64) for k in cuts}
    rows["mrr"] = 1.0 / (places + 1)
    rows |= {f"ndcg@{k}": gain(answers, allowed, k) for k in cuts if k > 1}
    return {name: mean_of(values) for name, values in rows.items()}


def ordinal(ranks: Whole) -> Mapping[str, Figure]:
    """Return how far answers are off in levels, and the agreement beyond chance that weighs the square of it.

    https://doi.org/10.1037/h0026256 (Cohen's weighted kappa)
    """

    def distance(answers: Answers, weights: Numbers) -> Numbers:
        off = np.abs(ranks[answers.given] - ranks[answers.truth]).astype(np.float64)
        return _mean(weights, off)

    def kappa(answers: Answers, weights: Numbers) -> Numbers:
        given, truth = ranks[answers.given].astype(np.float64), ranks[answers.truth].astype(np.float64)
        apart = _mean(weights, (given - truth) ** 2)
        # the mean square of two independent draws, from their moments: no table of all pairs of levels is needed
        chance = _mean(weights, given**2) + _mean(weights, truth**2) - 2 * _mean(weights, given) * _mean(weights, truth)
        return ratio(chance - apart, np.where(chance > 1e-12, chance, 0.0))

    return {"mae": distance, "kappa": kappa}


def parents(answers: Answers, above: Whole) -> Figure:
    """Return how often the answer's super-category is that of a right label; `above` numbers it for each label."""
    match = above[answers.given][:, None] == above[None, :]
    right = (match & _allowed(answers)).any(axis=1)
    return mean_of(right.astype(np.float64))


def gain(answers: Answers, allowed: Flags, k: int) -> Numbers:
    """Return the discounted gain of the first k labels of each row, of the best that was possible."""
    order = _order(answers)[:, :k]
    discount = 1.0 / np.log2(np.arange(2, order.shape[1] + 2))
    found: Numbers = np.take_along_axis(allowed, order, axis=1) @ discount
    possible = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(allowed.sum(axis=1), order.shape[1])]
    return np.nan_to_num(ratio(found, possible))


def mean_of(rows: Numbers) -> Figure:
    """Return the figure that is the mean of one number a row."""
    return lambda answers, weights: _mean(weights, rows)


def _allowed(answers: Answers) -> Flags:
    if answers.allowed is not None:
        return answers.allowed
    marks: Flags = np.zeros((len(answers), answers.size), dtype=np.bool_)
    marks[np.arange(len(answers)), answers.truth] = True
    return marks


def _order(answers: Answers) -> Whole:
    assert answers.scores is not None  # noqa: S101  asked before
    return np.argsort(-answers.scores, axis=1, kind="stable")


def _ranks(answers: Answers, allowed: Flags) -> Whole:
    """Return the place, from 0, of the first label in each row's ranking that is right."""
    places: Whole = np.take_along_axis(allowed, _order(answers), axis=1).argmax(axis=1)
    return places


def _mean(weights: Numbers, rows: Numbers) -> Numbers:
    return ratio(weights @ rows, weights.sum(axis=1))
