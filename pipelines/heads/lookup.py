"""A head that knows only titles that it has seen: how much of a measurement is mere repetition."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Text
from pipelines.heads import majority
from pipelines.heads.heads import Lesson
from pipelines.heads.majority import Majority
from pipelines.ngrams import Floats
from pipelines.text import normalise, tidy


@dataclass(frozen=True, slots=True)
class Lookup:
    """How often each normalised title has each label."""

    known: Mapping[str, Floats]
    otherwise: Majority

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return what each title had, and the shares of all where it was never seen."""
        found = self.otherwise.scores(texts)
        for row, title in enumerate(normalise(tidy([item.title for item in texts]))):
            if title in self.known:
                found[row] = self.known[title]
        return found


def teach(lesson: Lesson) -> Lookup:
    """Remember every title."""
    places = {label.code: at for at, label in enumerate(lesson.taxonomy.labels)}
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    titles = normalise(tidy([example.text for example in lesson.examples]))
    for title, example in zip(titles, lesson.examples, strict=True):
        seen[title][places[example.code]] += 1
    known: dict[str, Floats] = {}
    for title, counts in seen.items():
        shares = np.zeros(len(places), dtype=np.float32)
        shares[list(counts)] = [count / counts.total() for count in counts.values()]
        known[title] = shares
    return Lookup(known, majority.teach(lesson))
