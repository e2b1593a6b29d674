"""Multinomial logistic regression over hashed n-grams beside dense vectors, run until it converges."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.classify import Weights, softmax
from pipelines.ngrams import BUCKETS, Floats, Grams, Ragged, Whole

_STRENGTH = 10.0  # of the data against the wish for small weights
_ROUNDS = 500
_STILL = 3e-5  # the slope at which it has converged; stopping early cost three points of accuracy


def fit(
    grams: Grams,
    vectors: Floats | None,
    answers: Whole,
    *,
    classes: int,
    weight: float = 0.0,
    start: Weights | None = None,
    times: Floats | None = None,
) -> Weights:
    """Return the weights that explain the answers.

    `weight` says how much a vector counts beside a title's n-grams; to start from weights of much the same examples
    saves half of the time. `times` says how often each example counts; without it, once.
    """
    rarity = _rarity(grams)
    known = np.flatnonzero(rarity)
    dense = None if vectors is None or not weight else vectors * np.float32(weight)
    sparse = (_normed(grams.chars, rarity) + _normed(grams.words, rarity))[:, known]
    first = np.zeros((len(known) + (0 if dense is None else dense.shape[1]) + 1, classes), dtype=np.float32)
    if start is not None:
        first[: len(known)] = start.grams[known, :classes] / rarity[known, None]
        first[-1] = start.bias
        if start.vectors is not None:
            first[len(known) : -1] = start.vectors / np.float32(weight)
    counted = np.ones(len(answers), dtype=np.float32) if times is None else times
    sought = _solve(_Problem.of(sparse, dense, np.eye(classes, dtype=np.float32)[answers], counted), first)
    table = np.zeros((BUCKETS, classes + 1), dtype=np.float32)
    table[known, :classes] = sought[: len(known)] * rarity[known, None]
    table[:, classes] = rarity**2
    return Weights(table, sought[-1], None if dense is None else sought[len(known) : -1] * np.float32(weight))


@dataclass(frozen=True, slots=True)
class _Problem:
    """The examples; the unknown is one matrix: a row an n-gram, a row a number of the vector, a row for the bias."""

    sparse: Any  # scipy's sparse matrices have no types
    turned: Any
    dense: Floats
    wanted: Floats
    times: Floats

    @classmethod
    def of(cls, sparse: Any, dense: Floats | None, wanted: Floats, times: Floats) -> "_Problem":
        """Return the problem of these examples."""
        ones = np.ones((len(wanted), 1), dtype=np.float32)
        beside = ones if dense is None else np.hstack([dense, ones])
        return cls(sparse.tocsr(), sparse.T.tocsr(), beside, wanted, times)

    def cost(self, flat: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        """Return how badly these weights explain the answers, and the slope."""
        size = self.sparse.shape[1]
        sought = flat.reshape(-1, self.wanted.shape[1]).astype(np.float32)
        guess = softmax(self.sparse @ sought[:size] + self.dense @ sought[size:])
        likely = np.log(np.maximum((guess * self.wanted).sum(axis=1, dtype=np.float64), 1e-30))
        away = (guess - self.wanted) * self.times[:, None]
        slope = np.vstack([self.turned @ away, self.dense.T @ away]).astype(np.float64)
        held = flat.reshape(slope.shape).copy()
        held[-1] = 0  # the bias is free
        slope += held / _STRENGTH
        total = float(self.times.sum(dtype=np.float64))
        cost = float(-(likely * self.times).sum() + (held**2).sum() / (2 * _STRENGTH))
        return cost / total, slope.ravel() / total


def _solve(problem: _Problem, first: Floats) -> Floats:
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    options = {"maxiter": _ROUNDS, "gtol": _STILL, "ftol": 1e-9}
    start = first.ravel().astype(np.float64)
    with threadpool_limits(1):  # sums of several threads differ in their last digits, and so would the digest
        found = minimize(problem.cost, start, jac=True, method="L-BFGS-B", options=options)
    return np.asarray(found.x, dtype=np.float32).reshape(first.shape)


def _rarity(grams: Grams) -> Floats:
    """Return for each bucket how telling it is (inverse document frequency); 0 where no example has it."""
    buckets = np.concatenate([grams.chars.buckets, grams.words.buckets])
    times = np.bincount(buckets, minlength=BUCKETS)
    telling = np.log((1 + len(grams.chars.counts)) / (1 + times)) + 1
    return np.where(times > 0, np.maximum(telling, 0.1), 0).astype(np.float32)


def _normed(ragged: Ragged, rarity: Floats) -> Any:
    from scipy.sparse import csr_matrix

    values = rarity[ragged.buckets]
    rows = np.repeat(np.arange(len(ragged.counts)), ragged.counts)
    length = np.sqrt(np.bincount(rows, values**2, minlength=len(ragged.counts)))
    shares = values / np.where(length > 0, length, 1)[rows]
    return csr_matrix((shares, (rows, ragged.buckets)), shape=(len(ragged.counts), BUCKETS), dtype=np.float32)
