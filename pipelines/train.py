"""Teach a head: fit it, and set its temperature and its threshold by examples whose words it has not seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Example, Taxonomy, TaxonomyKind, Text
from pipelines import regression
from pipelines.classify import Decided, Decides, Mixture, Weights, decide, probabilities
from pipelines.ngrams import Floats, Whole, hashed
from pipelines.tagger import Batch, Encodes

VERSION = "1"  # of how a head is taught

_FOLDS = 6  # one part of so many is held out
_RIGHT = 0.95  # how often an answer that counts as sure is to be right
_LEAST = 0.5  # no answer below this is sure, however easy the held-out titles are
_TEMPERATURES = np.geomspace(0.3, 4.0, 40)


@dataclass(frozen=True, slots=True)
class Taught:
    """A head as it comes out of training; the metrics are those of the held-out part."""

    weights: Weights
    mixture: Mixture
    metrics: Mapping[str, float]


def teach(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    mixture: Mixture,
    *,
    seed: int,
    encoder: Encodes | None = None,
    convention: Decides | None = None,
) -> Taught:
    """Return a head that knows these examples; the same examples, mixture and seed give the same head."""
    codes = [label.code for label in taxonomy.labels]
    answers = _answers(taxonomy, examples, codes)
    batch = Batch([Text(example.text, language=example.language) for example in examples], encoder=encoder)
    vectors = batch.vectors if mixture.vectors else None

    def fit(part: NDArray[np.bool_], start: Weights | None = None) -> Weights:
        titles = [title for title, inside in zip(batch.titles, part, strict=True) if inside]
        dense = None if vectors is None else vectors[part]
        known = hashed(titles)
        weight = mixture.vectors
        return regression.fit(known, dense, answers[part], classes=len(codes), weight=weight, start=start)

    apart = _unseen(batch.titles, seed)
    held = Batch([item for item, out in zip(batch.texts, apart, strict=True) if out])
    tried = fit(~apart)
    logits = tried.logits(held.grams, None if vectors is None else vectors[apart])
    decided = decide(convention, held)
    fitted = _calibrated(logits, decided, codes, answers[apart], mixture)
    scores = probabilities(logits, decided, codes, fitted)
    sure = replace(fitted, sure=_threshold(scores, answers[apart]))
    return Taught(fit(np.ones(len(batch), dtype=np.bool_), tried), sure, _metrics(scores, answers[apart], sure))


def _answers(taxonomy: Taxonomy, examples: Sequence[Example], codes: list[str]) -> Whole:
    if taxonomy.kind is TaxonomyKind.MANY:
        raise ConfigError(f"{taxonomy.name}: a head gives one label of many; this taxonomy allows several at once")
    there = Counter(example.code for example in examples)
    if scarce := [code for code in codes if there[code] < 2]:
        raise ConfigError(f"{taxonomy.name}: write at least two examples of {scarce[0]!r}")
    places = {code: place for place, code in enumerate(codes)}
    return np.array([places[example.code] for example in examples], dtype=np.int64)


def _unseen(titles: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """Mark a part of the titles by their rarest words, so that none of these is in the other part.

    Generated titles are so alike that a random part would be no test: new titles have new words.
    """
    times = Counter(word for title in titles for word in title.split(" "))
    rarest = [min(title.split(" "), key=lambda word: (times[word], word)) for title in titles]
    return np.array([crc32(f"{seed} {word}".encode()) % _FOLDS == 0 for word in rarest], dtype=np.bool_)


def _calibrated(
    logits: Floats, decided: Sequence[Decided | None], codes: list[str], answers: Whole, mixture: Mixture
) -> Mixture:
    """Return the mixture with the temperature at which the scores are likeliest."""

    def cost(temperature: float) -> float:
        scores = probabilities(logits, decided, codes, replace(mixture, temperature=temperature))
        return float(-np.log(np.maximum(scores[np.arange(len(answers)), answers], 1e-9)).mean())

    return replace(mixture, temperature=float(min(_TEMPERATURES, key=cost))) if len(answers) else mixture


def _threshold(scores: Floats, answers: Whole) -> float:
    """Return the lowest score from which answers are right often enough."""
    best, right = scores.max(axis=1), scores.argmax(axis=1) == answers
    order = np.argsort(-best, kind="stable")
    share = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= _RIGHT)
    return max(_LEAST, float(best[order[enough[-1]]])) if len(enough) else 1.0


def _metrics(scores: Floats, answers: Whole, mixture: Mixture) -> dict[str, float]:
    best, right = scores.max(axis=1), scores.argmax(axis=1) == answers
    sure = best >= mixture.sure
    return {
        "held_out": float(len(answers)),
        "accuracy": float(right.mean()) if len(answers) else 0.0,
        "sure_share": float(sure.mean()) if len(answers) else 0.0,
        "sure_accuracy": float(right[sure].mean()) if sure.any() else 0.0,
    }
