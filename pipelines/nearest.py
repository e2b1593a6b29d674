"""The examples nearest to a title by character n-grams: what the head has seen of that kind. No encoder is needed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Example
from pipelines.ngrams import BUCKETS, hashed
from pipelines.text import normalise, tidy


@dataclass(frozen=True, slots=True)
class Near:
    """An example, and how much it has in common with the title: 0 to 1."""

    title: str
    code: str
    language: str
    likeness: float


def nearest(title: str, examples: Sequence[Example], *, count: int = 5) -> list[Near]:
    """Return the likest examples, the likest first; n-grams that many titles have count less."""
    if not examples:
        return []
    grams = hashed(normalise(tidy([example.text for example in examples]))).chars
    asked = hashed(normalise(tidy([title]))).chars.buckets
    times = np.bincount(grams.buckets, minlength=BUCKETS)
    rarity = (np.log((1 + len(examples)) / (1 + times)) + 1).astype(np.float32)
    wanted = np.bincount(asked, minlength=BUCKETS).astype(np.float32) * rarity**2
    alike = grams.sums(wanted[:, None])[:, 0]
    length = np.sqrt(grams.sums((rarity**2)[:, None])[:, 0]) * np.sqrt((rarity[asked] ** 2).sum())
    likeness = np.divide(alike, length, out=np.zeros_like(alike), where=length > 0)
    order = np.argsort(-likeness, kind="stable")[:count]
    return [
        Near(examples[at].text, examples[at].code, examples[at].language, min(1.0, float(likeness[at])))
        for at in order.tolist()
        if likeness[at] > 0
    ]
