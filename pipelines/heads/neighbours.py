"""The labels of the nearest titles by sentence vector, each vote as strong as it is near."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Text
from pipelines.heads.heads import Lesson
from pipelines.heads.ngrams import answers_of
from pipelines.heads.vectors import encoded, encoder_of, texts_of
from pipelines.ngrams import Floats, Whole
from pipelines.tagger import Encodes

_NEAREST = 10
_SHARP = 20.0  # how much more a nearer title counts
_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The vectors of all examples, and their labels."""

    vectors: Floats
    answers: Whole
    size: int
    encoder: Encodes

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return the share of the votes for each label."""
        asked = encoded(self.encoder, texts)
        found = np.zeros((len(texts), self.size), dtype=np.float32)
        count = min(_NEAREST, len(self.answers))
        for start in range(0, len(asked), _AT_ONCE):
            near = asked[start : start + _AT_ONCE] @ self.vectors.T
            places = np.argpartition(-near, count - 1, axis=1)[:, :count]
            votes = np.exp(_SHARP * (np.take_along_axis(near, places, axis=1) - 1))
            rows = np.repeat(np.arange(len(near)), count) + start
            np.add.at(found, (rows, self.answers[places].ravel()), votes.ravel())
        found /= found.sum(axis=1, keepdims=True)
        return found


def teach(lesson: Lesson) -> Neighbours:
    """Remember the vector of every example."""
    encoder = encoder_of(lesson)
    return Neighbours(encoded(encoder, texts_of(lesson)), answers_of(lesson), len(lesson.taxonomy.labels), encoder)
