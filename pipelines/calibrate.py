"""Choose how a head's scores are read, from titles whose labels are known: few numbers, and no weight changes.

Rule weight, temperature and bias are those under which the known labels are likeliest; the threshold is the lowest
score from which answers are right often enough. Whoever chooses and reports on the same titles does it out of fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pipelines.classify import Decided, Mixture, probabilities
from pipelines.ngrams import Floats, Whole

LEAST = 0.5  # no answer below this is sure, however easy the titles were

_TEMPERATURE = (0.3, 10.0)
_SHIFT = (-10.0, 10.0)  # of a bias
_SMALL = 1e-9
_STEP = 0.5  # of the first tries
_FINE = {"xatol": 0.005, "fatol": 1e-6, "maxiter": 400}


@dataclass(frozen=True, slots=True)
class Judged:
    """What weights and convention say of titles, and the places of their true labels among the codes."""

    logits: Floats
    decided: Sequence[Decided | None]
    codes: Sequence[str]
    answers: Whole

    def scores(self, mixture: Mixture) -> Floats:
        """Return the scores under these numbers."""
        return probabilities(self.logits, self.decided, self.codes, mixture)

    def part(self, rows: NDArray[np.bool_]) -> "Judged":
        """Return some of the titles."""
        decided = [said for said, inside in zip(self.decided, rows, strict=True) if inside]
        return Judged(self.logits[rows], decided, self.codes, self.answers[rows])


def fit(judged: Judged, start: Mixture, *, rules: Sequence[float] = (), towards: Sequence[str] = ()) -> Mixture:
    """Return the likeliest temperature, a bias towards each label named, and the best of some rule weights."""
    if not len(judged.answers):
        return start
    tried = [_fitted(judged, replace(start, rules=weight), towards) for weight in rules or [start.rules]]
    return min(tried, key=lambda mixture: surprise(judged.scores(mixture), judged.answers))


def surprise(scores: Floats, answers: Whole) -> float:
    """Return the mean negative log likelihood of the true labels."""
    return float(-np.log(np.maximum(scores[np.arange(len(answers)), answers], _SMALL)).mean(dtype=np.float64))


def threshold(scores: Floats, answers: Whole, *, right: float) -> float:
    """Return the lowest score from which answers are right as often as wished; 1 where there is none."""
    best, hits = scores.max(axis=1), scores.argmax(axis=1) == answers
    order = np.argsort(-best, kind="stable")
    share = np.cumsum(hits[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= right)
    return max(LEAST, float(best[order[enough[-1]]])) if len(enough) else 1.0


def error(best: Floats, hits: NDArray[np.bool_], bins: int = 15) -> float:
    """Return the expected calibration error: how far scores and the share of right answers are apart, bin by bin.

    https://arxiv.org/abs/1706.04599, section 2
    """
    if not len(best):
        return 0.0
    place = np.minimum((best * bins).astype(np.int64), bins - 1)
    apart = np.bincount(place, weights=best, minlength=bins) - np.bincount(place, weights=hits, minlength=bins)
    return float(np.abs(apart).sum() / len(best))


def _fitted(judged: Judged, start: Mixture, towards: Sequence[str]) -> Mixture:
    from scipy.optimize import minimize

    def mixture(found: Sequence[float]) -> Mixture:
        shift = dict(zip(towards, map(float, found[1:]), strict=True))
        return replace(start, temperature=float(np.exp(found[0])), bias={**start.bias, **shift})

    def cost(found: Sequence[float]) -> float:
        return surprise(judged.scores(mixture(found)), judged.answers)

    low, high = np.log(_TEMPERATURE)
    first = np.array([np.log(start.temperature), *(start.bias.get(code, 0.0) for code in towards)])
    bounds = [(low, high), *[_SHIFT] * len(towards)]
    # the simplex that scipy begins with is so small around 0 that it may look converged
    options = {**_FINE, "initial_simplex": np.vstack([first, first + _STEP * np.eye(len(first))])}
    return mixture(minimize(cost, first, method="Nelder-Mead", bounds=bounds, options=options).x)
