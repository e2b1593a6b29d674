"""Sentence vectors with logistic regression: what the encoder knows without being tuned."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metier.errors import ConfigError
from metier.types import Text
from pipelines import regression
from pipelines.classify import Weights, softmax
from pipelines.heads.heads import Lesson
from pipelines.heads.ngrams import answers_of, grams_of, nothing
from pipelines.ngrams import Floats, Grams
from pipelines.tagger import Encodes
from pipelines.text import passage, tidy

_WEIGHT = 4.0  # of a vector of length one beside the wish for small weights


@dataclass(frozen=True, slots=True)
class Dense:
    """Weights over the numbers of a vector."""

    weights: Weights
    encoder: Encodes

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return probabilities, not calibrated."""
        return softmax(self.weights.logits(_none(len(texts)), encoded(self.encoder, texts)))


def teach(lesson: Lesson) -> Dense:
    """Fit the weights."""
    encoder = encoder_of(lesson)
    vectors = encoded(encoder, texts_of(lesson))
    size = len(lesson.taxonomy.labels)
    found = regression.fit(_none(len(vectors)), vectors, answers_of(lesson), classes=size, weight=_WEIGHT)
    return Dense(found, encoder)


def encoder_of(lesson: Lesson) -> Encodes:
    """Return the encoder that a lesson must bring."""
    if lesson.encoder is None:
        raise ConfigError("this head reads sentence vectors and no encoder is loaded: run `metier artifacts build`")
    return lesson.encoder


def texts_of(lesson: Lesson) -> list[Text]:
    """Return the examples as texts."""
    return [Text(example.text, language=example.language) for example in lesson.examples]


def encoded(encoder: Encodes, texts: Sequence[Text]) -> Floats:
    """Return the vectors of title and body."""
    titles = tidy([item.title for item in texts])
    return encoder.encode([passage(title, item.body) for title, item in zip(titles, texts, strict=True)])


def _none(rows: int) -> Grams:
    empty = np.zeros(0, dtype=np.int64)
    return replace(grams_of([]), chars=nothing(rows), words=nothing(rows), titles=empty, begins=empty, lone=empty)
