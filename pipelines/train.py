"""Teach a head: fit it, and set what its calibration leaves open by examples whose words it has not seen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Example, Origin, Taxonomy, TaxonomyKind, Text
from pipelines import calibrate, regression
from pipelines.calibrate import Judged
from pipelines.calibration import Calibration
from pipelines.classify import Decides, Lone, Mixture, Weights, decide
from pipelines.ngrams import Floats, Whole, hashed
from pipelines.tagger import Batch, Encodes

VERSION = "3"  # of how a head is taught
CORRECTIONS = 10.0  # other examples that one correction counts for (docs/decisions/0030)

_FOLDS = 6  # one part of so many is held out
RIGHT = 0.95  # how often an answer that counts as sure is to be right


@dataclass(frozen=True, slots=True)
class Taught:
    """A head as it comes out of training; the metrics are those of the held-out part."""

    weights: Weights
    mixture: Mixture
    metrics: Mapping[str, float]
    titles: Sequence[str] = ()  # what it was taught with, normalised
    held: Judged | None = None  # what it said of the held-out part before it learnt that, too
    lone: Lone | None = None  # the view of n-grams alone before it


def teach(
    taxonomy: Taxonomy,
    examples: Sequence[Example],
    mixture: Mixture,
    *,
    seed: int,
    encoder: Encodes | None = None,
    convention: Decides | None = None,
    calibration: Calibration | None = None,
    corrections: float = CORRECTIONS,
) -> Taught:
    """Return a head that knows these examples; the same examples, mixture and seed give the same head.

    A correction counts for so many other examples: tens of thousands of made titles would drown it.
    """
    codes = [label.code for label in taxonomy.labels]
    answers = _answers(taxonomy, examples, codes)
    batch = Batch([Text(example.text, language=example.language) for example in examples], encoder=encoder)
    vectors = batch.vectors if mixture.vectors else None
    times = counted(examples, corrections)

    def fit(part: NDArray[np.bool_], start: Weights | None = None) -> Weights:
        titles = [title for title, inside in zip(batch.titles, part, strict=True) if inside]
        dense = None if vectors is None else vectors[part]
        known = hashed(titles)
        return regression.fit(
            known, dense, answers[part],
            classes=len(codes), weight=mixture.vectors, start=start, times=times[part],
        )  # fmt: skip

    apart = unseen(batch.titles, seed)
    held = Batch([item for item, out in zip(batch.texts, apart, strict=True) if out])
    tried = fit(~apart)
    logits = tried.logits(held.grams, None if vectors is None else vectors[apart])
    judged = Judged(logits, decide(convention, held), codes, answers[apart])
    read = _calibrated(judged, mixture, calibration or Calibration())
    metrics = _metrics(judged.scores(read), judged.answers, read)
    return Taught(fit(np.ones(len(batch), dtype=np.bool_), tried), read, metrics, batch.titles, judged)


def counted(examples: Sequence[Example], corrections: float) -> Floats:
    """Return how often each example counts, where a correction counts for so many others."""
    return np.array([corrections if example.origin is Origin.REVIEWED else 1 for example in examples], np.float32)


def _answers(taxonomy: Taxonomy, examples: Sequence[Example], codes: list[str]) -> Whole:
    if taxonomy.kind is TaxonomyKind.MANY:
        raise ConfigError(f"{taxonomy.name}: a head gives one label of many; this taxonomy allows several at once")
    there = Counter(example.code for example in examples)
    if scarce := [code for code in codes if there[code] < 2]:
        raise ConfigError(f"{taxonomy.name}: write at least two examples of {scarce[0]!r}")
    places = {code: place for place, code in enumerate(codes)}
    return np.array([places[example.code] for example in examples], dtype=np.int64)


def unseen(titles: Sequence[str], seed: int) -> NDArray[np.bool_]:
    """Mark a part of the titles by their rarest words, so that none of these is in the other part.

    Generated titles are so alike that a random part would be no test: new titles have new words.
    """
    times = Counter(word for title in titles for word in title.split(" "))
    rarest = [min(title.split(" "), key=lambda word: (times[word], word)) for title in titles]
    return np.array([crc32(f"{seed} {word}".encode()) % _FOLDS == 0 for word in rarest], dtype=np.bool_)


def _calibrated(judged: Judged, mixture: Mixture, given: Calibration) -> Mixture:
    """Return the mixture with the numbers given, and the others fitted to what was held out."""
    read = given.over(mixture)
    if given.temperature is None:
        read = calibrate.fit(judged, read)
    if given.sure is None:
        read = replace(read, sure=calibrate.threshold(judged.scores(read), judged.answers, right=RIGHT))
    return read


def _metrics(scores: Floats, answers: Whole, mixture: Mixture) -> dict[str, float]:
    best, right = scores.max(axis=1), scores.argmax(axis=1) == answers
    sure = best >= mixture.sure
    return {
        "held_out": float(len(answers)),
        "accuracy": float(right.mean()) if len(answers) else 0.0,
        "sure_share": float(sure.mean()) if len(answers) else 0.0,
        "sure_accuracy": float(right[sure].mean()) if sure.any() else 0.0,
    }
