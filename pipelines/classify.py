"""A head: hashed n-grams and, where it wants them, sentence vectors to one label of many, together with a convention.

The logits of a linear model and what the convention says are added up; a softmax makes probabilities of the sum.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from metier.types import Tag, Taxonomy
from pipelines.ngrams import Floats, Grams, Whole
from pipelines.tagger import Batch, Encodes, Rest

_WORDS_SHOWN = 2
_SUREST = 0.98  # no rule is heard as if it were never wrong


class Decided(Protocol):
    """What a convention says of one title."""

    @property
    def code(self) -> str:
        """Return the label."""

    @property
    def confidence(self) -> float:
        """Return how sure the rule is, 0 to 1."""

    @property
    def rule(self) -> str:
        """Return the rule's name."""

    @property
    def words(self) -> Sequence[str]:
        """Return the words of the title that matched."""


class Decides(Protocol):
    """A convention, as far as a head needs one."""

    def decide(self, title: str, *, language: str = "") -> Decided | None:
        """Return what the written rules say of a title, if anything."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """How the parts are weighed and read; it lies in the manifest and not in code."""

    vectors: float = 0.0  # weight of the sentence vector beside the n-grams; 0: no encoder is needed
    rules: float = 3.0  # weight of a decision of the convention, times the log odds of its confidence
    doubt: float = 0.5  # a decision no more confident than this is not heard
    temperature: float = 1.0
    sure: float = 0.5  # the lowest score of an answer that needs no review
    bias: Mapping[str, float] = field(default_factory=dict)  # what speaks for a label before a word is read


@dataclass(frozen=True, slots=True)
class Weights:
    """The trained part; the last column of `grams` holds the square of each n-gram's weight, to norm a title by."""

    grams: Floats
    bias: Floats
    vectors: Floats | None = None

    def logits(self, grams: Grams, vectors: Floats | None) -> Floats:
        """Return one row of logits a text."""
        found = self.bias + _normed(grams.chars.sums(self.grams)) + _normed(grams.words.sums(self.grams))
        return found if self.vectors is None or vectors is None else found + vectors @ self.vectors

    def shares(self, grams: Grams, answers: Whole) -> Floats:
        """Return what each word of the batch adds to the answer of its title."""
        width = self.grams.shape[1]
        flat = self.grams.ravel()
        places = np.repeat(answers, grams.chars.counts) + grams.chars.buckets * width
        chars = np.add.reduceat(flat.take(places), grams.begins) if len(grams.begins) else np.zeros(0, np.float32)
        lone = grams.words.buckets[grams.lone]
        shares: Floats = chars + flat.take(lone * width + answers[grams.titles])
        return shares


@dataclass(frozen=True, slots=True)
class Lone:
    """A view of n-grams alone that stands before a head with vectors: see `pipelines/bare.py`."""

    weights: Weights
    first: Mixture  # how it is read
    rest: Mixture  # how the whole head is read on what it leaves


@dataclass(frozen=True, slots=True)
class Heard:
    """The scores of all labels, a row a text, and what the convention said of each."""

    scores: Floats
    decided: Sequence[Decided | None]

    def some(self, rows: Sequence[int]) -> "Heard":
        """Return those of these texts."""
        return Heard(self.scores[rows], [self.decided[row] for row in rows])


@dataclass(frozen=True, slots=True)
class Head:
    """The tagger of a flat, ordinal or small tree taxonomy."""

    taxonomy: Taxonomy
    artifact: str
    weights: Weights
    mixture: Mixture
    convention: Decides | None = None
    encoder: Encodes | None = None  # its own, tuned for it; else it reads the vectors that all taggers share
    lone: Lone | None = None
    marks: Mapping[str, str] = field(default_factory=dict)  # what all its evidence says besides

    def vectors(self, batch: Batch) -> Floats | None:
        """Return the sentence vectors that it reads; none where it does without."""
        if self.weights.vectors is None:
            return None
        return batch.vectors if self.encoder is None else self.encoder.encode(batch.passages)

    def tag(self, batch: Batch) -> list[list[Tag]]:
        """Return the likeliest labels of each text, best first, the first with its evidence."""
        if not len(batch):
            return []
        return self.answers(batch, self.hear(batch))

    def hear(self, batch: Batch) -> Heard:
        """Return what weights and convention say of each text together."""
        codes = [label.code for label in self.taxonomy.labels]
        decided = decide(self.convention, batch)
        logits = self.weights.logits(batch.grams, self.vectors(batch))
        return Heard(probabilities(logits, decided, codes, self.mixture), decided)

    def answers(self, batch: Batch, heard: Heard) -> list[list[Tag]]:
        """Return the tags that follow from what was heard of a batch."""
        codes = [label.code for label in self.taxonomy.labels]
        scores, decided = heard.scores, heard.decided
        best = scores.argmax(axis=1)
        words = weighty(batch, self.weights.shares(batch.grams, best))
        highest = scores[np.arange(len(batch)), best].tolist()
        answers = [codes[place] for place in best.tolist()]
        firsts = self._firsts(answers, highest, decided, words)
        if batch.top == 1:
            return [[first] for first in firsts]
        if batch.rest is Rest.ALWAYS:
            return [[first, *rest] for first, rest in zip(firsts, self._rest(scores, batch.top), strict=True)]
        open_ = [row for row, first in enumerate(firsts) if not first.sure]
        rest = dict(zip(open_, self._rest(scores[open_], batch.top), strict=True))
        return [[first, *rest.get(row, ())] for row, first in enumerate(firsts)]

    def _firsts(
        self,
        answers: Sequence[str],
        scores: Sequence[float],
        decided: Sequence[Decided | None],
        shown: Sequence[list[str]],
    ) -> list[Tag]:
        name, bar, marks = self.taxonomy.name, self.mixture.sure, self.marks
        return [
            Tag(name, code, score, score >= bar, {"rule": said.rule, "words": list(said.words), **marks})
            if said is not None and said.code == code
            # an answer that no word of the title speaks for is only what is most frequent
            else Tag(name, code, score, score >= bar and bool(words), {"words": words, **marks})
            for code, score, said, words in zip(answers, scores, decided, shown, strict=True)
        ]

    def _rest(self, scores: Floats, top: int) -> list[list[Tag]]:
        """Return the candidates after the first of each row, best first."""
        name, codes = self.taxonomy.name, [label.code for label in self.taxonomy.labels]
        order = np.argsort(-scores, axis=1, kind="stable")[:, 1:top]
        ranked = np.take_along_axis(scores, order, axis=1).tolist()
        return [
            [Tag(name, codes[place], score, False) for place, score in zip(places, values, strict=True)]
            for places, values in zip(order.tolist(), ranked, strict=True)
        ]


def decide(convention: Decides | None, batch: Batch) -> Sequence[Decided | None]:
    """Return what the convention says of each title."""
    if convention is None:
        return [None] * len(batch)
    pairs = zip(batch.tidied, batch.texts, strict=True)
    return [convention.decide(title, language=item.language) for title, item in pairs]


def probabilities(logits: Floats, decided: Sequence[Decided | None], codes: Sequence[str], mixture: Mixture) -> Floats:
    """Return the scores of all labels, each row adding up to one."""
    column = {code: place for place, code in enumerate(codes)}
    heard = [(row, said) for row, said in enumerate(decided) if said is not None and said.confidence > mixture.doubt]
    mixed: Floats = logits.astype(np.float32)
    for row, said in heard:
        mixed[row, column[said.code]] += mixture.rules * log_odds(said.confidence)
    for code, shift in mixture.bias.items():
        mixed[:, column[code]] += np.float32(shift)
    mixed /= np.float32(mixture.temperature)
    return softmax(mixed)


def log_odds(confidence: float) -> float:
    """Return what a statement that is right so often weighs beside logits; half the time right says nothing."""
    bounded = min(max(confidence, 1 - _SUREST), _SUREST)
    return math.log(bounded / (1 - bounded))


def softmax(logits: Floats) -> Floats:
    """Return probabilities, each row adding up to one."""
    risen: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    risen /= risen.sum(axis=1, keepdims=True)
    return risen


def weighty(batch: Batch, shares: Floats) -> list[list[str]]:
    """Return for each title the words that speak most for its answer."""
    shown: list[list[str]] = [[] for _ in range(len(batch))]
    titles, words = batch.grams.titles, batch.words
    order = np.lexsort((-shares, titles))
    place = np.arange(len(titles)) - np.searchsorted(titles, titles)  # among the words of its title
    chosen = order[(place < _WORDS_SHOWN) & (shares[order] > 0)]
    for title, word in zip(titles[chosen].tolist(), chosen.tolist(), strict=True):
        shown[title].append(words[word])
    return shown


def _normed(sums: Floats) -> Floats:
    length: Floats = np.sqrt(np.maximum(sums[:, -1:], np.float32(1e-12)))
    return sums[:, :-1] / length
