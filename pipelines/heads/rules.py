"""The written convention as a head that learns nothing: its confidence is the score, the rest is shared out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.errors import ConfigError
from metier.types import Taxonomy, Text
from pipelines.conventions.convention import Convention
from pipelines.heads.heads import Lesson
from pipelines.ngrams import Floats
from pipelines.text import tidy


@dataclass(frozen=True, slots=True)
class Ruled:
    """A convention that answers for all labels."""

    convention: Convention
    taxonomy: Taxonomy

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return the confidence of each decision for its label."""
        places = {label.code: at for at, label in enumerate(self.taxonomy.labels)}
        found = np.full((len(texts), len(places)), 1 / len(places), dtype=np.float32)
        titles = tidy([item.title for item in texts])
        for row, (title, item) in enumerate(zip(titles, texts, strict=True)):
            said = self.convention.decide(title, language=item.language)
            if said is not None:
                found[row] = (1 - said.confidence) / (len(places) - 1)
                found[row, places[said.code]] = max(said.confidence, 1 / len(places) + 1e-3)
        found /= found.sum(axis=1, keepdims=True)
        return found


def teach(lesson: Lesson) -> Ruled:
    """Return the convention as it is written."""
    if lesson.convention is None:
        raise ConfigError(f"{lesson.taxonomy.name}: there are no written rules: leave the head 'rules' out")
    return Ruled(lesson.convention, lesson.taxonomy)
