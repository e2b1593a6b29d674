"""Why a head gives a title its label: what each part of it adds to each label, and which words speak for the answer."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Text
from pipelines import bare, classify
from pipelines.classify import Head
from pipelines.ngrams import Floats
from pipelines.tagger import Batch, Encodes


@dataclass(frozen=True, slots=True)
class Said:
    """What the written convention says."""

    code: str
    confidence: float
    rule: str
    words: Sequence[str]
    heard: bool  # whether it is sure enough to be heard beside the weights


@dataclass(frozen=True, slots=True)
class Share:
    """What speaks for one label; the sum, divided by the temperature, makes the score."""

    code: str
    ngrams: float
    vectors: float
    rules: float
    bias: float
    score: float


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the title, and its part of what all words say of the answer; below 0 it speaks against it."""

    word: str
    part: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why, in parts."""

    artifact: str
    read: str  # what the answer was read from, where there is a choice
    code: str
    sure: bool
    said: Said | None
    shares: Sequence[Share]  # the likeliest label first
    words: Sequence[Word]  # the weightiest first


def explain(head: Head, text: Text, *, encoder: Encodes | None = None) -> Explanation:
    """Return why a head answers as it does."""
    batch = Batch([text], encoder=encoder, top=1)
    tag = head.tag(batch)[0][0]
    codes = [label.code for label in head.taxonomy.labels]
    decided = classify.decide(head.convention, batch)[0]
    plain = head.weights.logits(batch.grams, None)[0]
    whole = head.weights.logits(batch.grams, head.vectors(batch))
    scores = classify.probabilities(whole, [decided], codes, head.mixture)[0]
    heard = decided is not None and decided.confidence > head.mixture.doubt
    said = None
    if decided is not None:
        said = Said(decided.code, decided.confidence, decided.rule, list(decided.words), heard)
    raised = _raised(head, whole, decided, codes)
    shares = [
        Share(
            code=code,
            ngrams=float(plain[at]),
            vectors=float(whole[0, at] - plain[at]),
            rules=raised if said and said.code == code else 0.0,
            bias=float(head.mixture.bias.get(code, 0.0)),
            score=float(scores[at]),
        )
        for at, code in enumerate(codes)
    ]
    adds = head.weights.shares(batch.grams, np.array([codes.index(tag.code)]))
    parts = adds / max(1e-9, float(np.abs(adds).sum()))
    words = [Word(word, float(part)) for word, part in zip(batch.titles[0].split(" "), parts, strict=True)]
    return Explanation(
        artifact=head.artifact,
        read=head.marks.get(bare.READ, ""),
        code=tag.code,
        sure=tag.sure,
        said=said,
        shares=sorted(shares, key=lambda share: -share.score),
        words=sorted(words, key=lambda word: -word.part),
    )


def _raised(head: Head, logits: Floats, decided: classify.Decided | None, codes: Sequence[str]) -> float:
    """Return by how much the convention raises its label, from what the scores are with it and without it."""
    if decided is None:
        return 0.0
    place = codes.index(decided.code)
    odds = []
    for said in (decided, None):
        scores = classify.probabilities(logits, [said], codes, head.mixture)[0].astype(np.float64)
        others = max(1e-30, float(np.delete(scores, place).max()))
        odds.append(np.log(max(1e-30, float(scores[place]))) - np.log(others))
    return float((odds[0] - odds[1]) * head.mixture.temperature)


def ruled(convention: classify.Decides, title: str) -> Said | None:
    """Return what a convention says while no artifact is there to be asked."""
    decided = convention.decide(title)
    if decided is None:
        return None
    return Said(decided.code, decided.confidence, decided.rule, list(decided.words), heard=True)
