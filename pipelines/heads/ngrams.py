"""Words, pairs of words and character n-grams with logistic regression: what serves, without its convention."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Text
from pipelines import regression
from pipelines.classify import Weights, softmax
from pipelines.heads.heads import Lesson
from pipelines.ngrams import Floats, Grams, Ragged, Whole, hashed
from pipelines.text import normalise, tidy


@dataclass(frozen=True, slots=True)
class Linear:
    """Weights over n-grams."""

    weights: Weights

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return probabilities, not calibrated."""
        return softmax(self.weights.logits(grams_of([item.title for item in texts]), None))


def teach(lesson: Lesson) -> Linear:
    """Fit the weights."""
    grams = grams_of([example.text for example in lesson.examples])
    return Linear(regression.fit(grams, None, answers_of(lesson), classes=len(lesson.taxonomy.labels)))


def grams_of(titles: Sequence[str]) -> Grams:
    """Return the hashed n-grams of titles as they come."""
    return hashed(normalise(tidy(titles)))


def answers_of(lesson: Lesson) -> Whole:
    """Return the place of each example's label."""
    places = {label.code: at for at, label in enumerate(lesson.taxonomy.labels)}
    return np.array([places[example.code] for example in lesson.examples], dtype=np.int64)


def nothing(rows: int) -> Ragged:
    """Return n-grams of which no title has any."""
    none = np.zeros(0, dtype=np.int64)
    return Ragged(none, np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64))
