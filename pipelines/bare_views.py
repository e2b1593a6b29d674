"""Teach the view of n-grams alone that stands before a head with vectors, and choose from when it is sure.

Its threshold is the score from which it is right as often as a sure answer is to be, on titles that were held out, so
that sparing them the encoder breaks no promise. The whole head is held to the same promise on what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from metier.types import Example, Taxonomy
from pipelines import calibrate, regression, train
from pipelines.calibrate import Judged
from pipelines.calibration import Calibration
from pipelines.classify import Lone, Mixture
from pipelines.ngrams import Floats, Whole, hashed
from pipelines.train import Taught

VERSION = "1"  # of how the view is taught
LEAST = 200  # held-out examples; with fewer nothing can be promised, and every title is encoded

_FOLDS = 5


def beside(
    taught: Taught,
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    *,
    seed: int,
    calibration: Calibration | None = None,
    corrections: float = train.CORRECTIONS,
) -> Taught:
    """Return what was taught with a view of n-grams alone before it.

    What reads no vectors stays as it is, and so does what too little was held out for.
    """
    if taught.weights.vectors is None or taught.held is None or len(taught.held.answers) < LEAST:
        return taught
    places = {label.code: place for place, label in enumerate(taxonomy.labels)}
    answers = np.array([places[example.code] for example in examples], dtype=np.int64)
    apart = train.unseen(taught.titles, seed)
    held = hashed([title for title, out in zip(taught.titles, apart, strict=True) if out])
    known = hashed([title for title, out in zip(taught.titles, apart, strict=True) if not out])
    times = train.counted(examples, corrections)
    tried = regression.fit(known, None, answers[~apart], classes=len(places), times=times[~apart])
    views = Views(replace(taught.held, logits=tried.logits(held, None)), taught.held, taught.mixture)
    given = calibration.sure if calibration else None
    first, rest = views.numbers(right=train.RIGHT, least=given or 0.0)
    whole = regression.fit(hashed(taught.titles), None, answers, classes=len(places), start=tried, times=times)
    metrics = {**taught.metrics, **views.metrics(right=train.RIGHT)}
    return replace(taught, lone=Lone(whole, first, rest), metrics=metrics)


@dataclass(frozen=True, slots=True)
class Views:
    """What n-grams alone and the whole head say of the same titles, and how the whole one is read elsewhere."""

    alone: Judged
    whole: Judged
    mixture: Mixture

    def part(self, rows: NDArray[np.bool_]) -> "Views":
        """Return some of the titles."""
        return replace(self, alone=self.alone.part(rows), whole=self.whole.part(rows))

    def numbers(self, *, right: float, least: float = 0.0) -> tuple[Mixture, Mixture]:
        """Return how n-grams alone are read, and how the whole head is on what they leave: sure is so often right."""
        first = _read(self.alone, replace(self.mixture, vectors=0.0), right=right, least=least)
        left = self.whole.part(self.alone.scores(first).max(axis=1) < first.sure)
        return first, _read(left, self.mixture, right=right, least=least)

    def answers(self, first: Mixture, rest: Mixture) -> "Answers":
        """Return what is answered under these numbers."""
        alone = self.alone.scores(first)
        lone: NDArray[np.bool_] = alone.max(axis=1) >= first.sure
        scores: Floats = np.where(lone[:, None], alone, self.whole.scores(rest))
        return Answers(scores, lone, lone | (scores.max(axis=1) >= rest.sure))

    def out_of_fold(self, folds: Whole, *, right: float) -> "Answers":
        """Return the answers to each title under numbers that were chosen on the other folds."""
        size = len(self.alone.answers)
        found = Answers(np.zeros_like(self.alone.logits), np.zeros(size, np.bool_), np.zeros(size, np.bool_))
        for fold in np.unique(folds):
            apart: NDArray[np.bool_] = folds == fold
            said = self.part(apart).answers(*self.part(~apart).numbers(right=right))
            found.scores[apart], found.lone[apart], found.sure[apart] = said.scores, said.lone, said.sure
        return found

    def metrics(self, *, right: float) -> dict[str, float]:
        """Return what the manifest tells of bare titles, out of fold."""
        said = self.out_of_fold(np.arange(len(self.alone.answers)) % _FOLDS, right=right)
        hits = said.scores.argmax(axis=1) == self.alone.answers
        return {
            "bare_accuracy": float(hits.mean()),
            "bare_not_encoded": float(said.lone.mean()),
            "bare_not_encoded_accuracy": float(hits[said.lone].mean()) if said.lone.any() else 0.0,
            "bare_sure_share": float(said.sure.mean()),
            "bare_sure_accuracy": float(hits[said.sure].mean()) if said.sure.any() else 0.0,
        }


@dataclass(frozen=True, slots=True)
class Answers:
    """Scores of titles, which of them n-grams alone decided, and which are sure."""

    scores: Floats
    lone: NDArray[np.bool_]
    sure: NDArray[np.bool_]


def _read(judged: Judged, mixture: Mixture, *, right: float, least: float) -> Mixture:
    fitted = calibrate.fit(judged, mixture)
    if not len(judged.answers):
        return fitted
    sure = calibrate.threshold(judged.scores(fitted), judged.answers, right=right)
    return replace(fitted, sure=max(sure, least))
