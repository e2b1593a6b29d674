"""What a tagger is and what it is given: a batch of texts with the features that all taggers share."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError, Rejected
from metier.types import Tag, Taxonomy, Text
from pipelines import text
from pipelines.ngrams import Grams, hashed


class Encodes(Protocol):
    """What turns texts into vectors of length one."""

    @property
    def dimension(self) -> int:
        """Return how many numbers a vector has."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one vector a text, in their order."""


class Rest(StrEnum):
    """When a taxonomy's candidates after the first are wanted."""

    ALWAYS = "always"
    WHERE_UNSURE = "where unsure"  # a person chooses among them; beside a sure answer nobody looks


class Batch:
    """Texts to tag together; each feature is worked out when the first tagger asks for it, and once."""

    def __init__(
        self, texts: Sequence[Text], *, encoder: Encodes | None = None, top: int = 3, rest: Rest = Rest.ALWAYS
    ) -> None:
        self.texts = tuple(texts)
        self.top = top
        self.rest = rest
        self._encoder = encoder

    def __len__(self) -> int:
        return len(self.texts)

    def halves(self) -> "tuple[Batch, Batch]":
        """Return the first and the second half as batches of their own."""
        middle = len(self) // 2
        return self._of(self.texts[:middle]), self._of(self.texts[middle:])

    @cached_property
    def tidied(self) -> list[str]:
        """Return the titles as people write them; refuse the batch when nothing is left of one of them."""
        titles = text.tidy([item.title for item in self.texts])
        if not all(titles):
            raise Rejected(text.EMPTY)
        return titles

    @cached_property
    def titles(self) -> list[str]:
        """Return the titles in lower case, words only; nothing is left of "***"."""
        return text.normalise(self.tidied)

    @cached_property
    def words(self) -> list[str]:
        """Return the words of all titles, one after the other, as `grams` counts them."""
        return " ".join(self.titles).split()

    @cached_property
    def grams(self) -> Grams:
        """Return the hashed n-grams of the titles."""
        return hashed(self.titles)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Return the sentence vectors of title and body, one model run for the whole batch."""
        if self._encoder is None:
            raise ConfigError(
                "this tagger reads sentence vectors and no encoder is loaded: run `metier artifacts build`"
            )
        return self._encoder.encode(self.passages)

    @cached_property
    def passages(self) -> list[str]:
        """Return what is encoded of each text."""
        return [text.passage(title, item.body) for title, item in zip(self.tidied, self.texts, strict=True)]

    def some(self, rows: Iterable[int], *, top: int) -> "Batch":
        """Return these texts as a batch of their own, with so many labels wanted of each."""
        return Batch([self.texts[row] for row in rows], encoder=self._encoder, top=top)

    def _of(self, texts: Sequence[Text]) -> "Batch":
        return Batch(texts, encoder=self._encoder, top=self.top, rest=self.rest)


class Tagger(Protocol):
    """Gives the labels of one taxonomy to texts."""

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy whose labels it gives."""

    @property
    def artifact(self) -> str:
        """Return the name and short digest of the artifact that decides: "seniority@0123456789ab"."""

    def tag(self, batch: Batch) -> list[list[Tag]]:
        """Return for each text, in order, its `batch.top` likeliest labels, best first; scores are probabilities.

        Where `batch.rest` wants no candidates, those after a sure first may be left out.
        """
