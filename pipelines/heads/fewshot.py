"""A few titles a label: the encoder is tuned so that titles of one label lie together, then a linear head is fitted.

After SetFit (https://arxiv.org/abs/2209.11055), with a head of our own that is kept as safetensors.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np

from metier.errors import ConfigError
from metier.types import Example, Text
from pipelines import regression
from pipelines.classify import Weights, softmax
from pipelines.encoding import source as encoder_source
from pipelines.heads.heads import Lesson
from pipelines.heads.ngrams import nothing
from pipelines.ngrams import Floats, Grams, Whole
from pipelines.sentences import Sentences
from pipelines.text import tidy

_WEIGHT = 4.0  # of a vector beside the wish for small weights


@dataclass(frozen=True, slots=True)
class Course:
    """How many titles of each label are looked at, and how often each is paired."""

    shots: int = 24
    pairs: int = 12  # of each kind, like and unlike, for each title
    rows: int = 16
    rate: float = 2e-5


@dataclass(frozen=True, slots=True)
class FewShot:
    """The tuned encoder and the weights over its vectors."""

    sentences: Sentences
    weights: Weights

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return probabilities, not calibrated."""
        vectors = self.sentences.encode(tidy([item.title for item in texts]))
        return softmax(self.weights.logits(_none(len(texts)), vectors))


def teach(lesson: Lesson, course: Course | None = None) -> FewShot:
    """Tune the encoder on pairs, then fit the head."""
    titles, answers = _few(lesson, (course or Course()).shots)
    sentences = _drawn(lesson, titles, answers, course or Course())
    size = len(lesson.taxonomy.labels)
    vectors = sentences.encode(titles)
    return FewShot(sentences, regression.fit(_none(len(titles)), vectors, answers, classes=size, weight=_WEIGHT))


def tune(lesson: Lesson, held: Sequence[Example], folder: Path, course: Course | None = None) -> None:
    """Tune on pairs, and write the encoder."""
    how = course or Course()
    sentences = _drawn(lesson, *_few(lesson, how.shots), how)
    source = encoder_source.find(lesson.model, cache=lesson.folder or folder)
    encoder_source.write(source, sentences.model, folder)


def _drawn(lesson: Lesson, titles: Sequence[str], answers: Whole, course: Course) -> Sentences:
    if len(np.unique(answers)) < 2:
        raise ConfigError(f"{lesson.taxonomy.name}: a few titles of at least two labels are needed")
    sentences = Sentences.of(lesson.model, seed=lesson.seed, cache=lesson.folder)
    first, second, alike = _pairs(answers, course.pairs, lesson.seed)
    lesson.tell(f"tuning: {len(first):,} pairs of {len(titles):,} titles")
    sentences.draw_together(
        [titles[at] for at in first], [titles[at] for at in second], alike, rows=course.rows, rate=course.rate
    )
    return sentences


def _few(lesson: Lesson, shots: int) -> tuple[list[str], Whole]:
    """Return some titles of each label, chosen by a checksum of their words."""
    places = {label.code: at for at, label in enumerate(lesson.taxonomy.labels)}
    found: dict[int, list[str]] = defaultdict(list)
    titles = tidy([example.text for example in lesson.examples])
    for title, example in zip(titles, lesson.examples, strict=True):
        found[places[example.code]].append(title)

    def drawn(title: str) -> tuple[int, str]:
        return crc32(f"{lesson.seed} {title}".encode("utf-8", "replace")), title

    chosen = [(title, at) for at in sorted(found) for title in sorted(set(found[at]), key=drawn)[:shots]]
    return [title for title, _ in chosen], np.array([at for _, at in chosen], dtype=np.int64)


def _pairs(answers: Whole, pairs: int, seed: int) -> tuple[list[int], list[int], list[float]]:
    """Return pairs of titles, as many of one label as of two."""
    chance = np.random.default_rng(seed)
    first, second, alike = [], [], []
    for at in range(len(answers)):
        same = np.flatnonzero((answers == answers[at]) & (np.arange(len(answers)) != at))
        other = np.flatnonzero(answers != answers[at])
        for some, wished in ((same, 1.0), (other, 0.0)):
            for mate in chance.choice(some, min(pairs, len(some)), replace=False) if len(some) else ():
                first.append(at)
                second.append(int(mate))
                alike.append(wished)
    order = chance.permutation(len(first))
    return [first[at] for at in order], [second[at] for at in order], [alike[at] for at in order]


def _none(rows: int) -> Grams:
    empty = np.zeros(0, dtype=np.int64)
    return Grams(nothing(rows), nothing(rows), empty, empty, empty)
