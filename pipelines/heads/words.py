"""A bag of words with logistic regression: no order, no parts of words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from metier.types import Text
from pipelines import regression
from pipelines.classify import Weights, softmax
from pipelines.heads.heads import Lesson
from pipelines.heads.ngrams import answers_of, grams_of, nothing
from pipelines.ngrams import Floats, Grams, Ragged


@dataclass(frozen=True, slots=True)
class Bag:
    """Weights over words."""

    weights: Weights

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return probabilities, not calibrated."""
        return softmax(self.weights.logits(_lone([item.title for item in texts]), None))


def teach(lesson: Lesson) -> Bag:
    """Fit the weights."""
    grams = _lone([example.text for example in lesson.examples])
    return Bag(regression.fit(grams, None, answers_of(lesson), classes=len(lesson.taxonomy.labels)))


def _lone(titles: Sequence[str]) -> Grams:
    """Return the words of titles, without pairs and characters."""
    grams = grams_of(titles)
    counts = np.bincount(grams.titles, minlength=len(titles))
    words = Ragged(grams.words.buckets[grams.lone], counts, np.cumsum(counts) - counts)
    return replace(grams, chars=nothing(len(titles)), words=words)
