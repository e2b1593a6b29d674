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
        return self.vectors_of(range(len(self)))

    def vectors_of(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """Return the sentence vectors of these texts; each is encoded when it is first asked for, and once."""
        if self._encoder is None:
            raise ConfigError(
                "this tagger reads sentence vectors and no encoder is loaded: run `metier artifacts build`"
            )
        encoded, known = self._encoded
        wanted = np.array(rows, dtype=np.int64)
        missing = wanted[~known[wanted]]
        if len(missing):
            encoded[missing] = self._encoder.encode([self._passage(row) for row in missing.tolist()])
            known[missing] = True
        return encoded[wanted]

    @cached_property
    def _encoded(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the vectors so far, and of which texts they are."""
        dimension = self._encoder.dimension if self._encoder else 0
        return np.empty((len(self), dimension), dtype=np.float32), np.zeros(len(self), dtype=np.bool_)

    @cached_property
    def passages(self) -> list[str]:
        """Return what is encoded of each text."""
        return [self._passage(row) for row in range(len(self))]

    def _passage(self, row: int) -> str:
        return text.passage(self.tidied[row], self.texts[row].body)

    def some(self, rows: Iterable[int], *, top: int | None = None) -> "Batch":
        """Return some texts, in order, as a batch that shares features; `top` wants so many labels of each."""
        chosen = list(rows)
        if top is not None:
            return _Part(self, chosen, top, Rest.ALWAYS)
        return self if len(chosen) == len(self) else _Part(self, chosen, self.top, self.rest)

    def _of(self, texts: Sequence[Text]) -> "Batch":
        return Batch(texts, encoder=self._encoder, top=self.top, rest=self.rest)


class _Part(Batch):
    """Some texts of a batch; what is worked out of them is worked out in the whole."""

    def __init__(self, whole: Batch, rows: Sequence[int], top: int, rest: Rest) -> None:
        super().__init__([whole.texts[row] for row in rows], encoder=whole._encoder, top=top, rest=rest)
        self._whole = whole
        self._rows = rows

    @cached_property
    def tidied(self) -> list[str]:
        whole = self._whole.tidied
        return [whole[row] for row in self._rows]

    @cached_property
    def titles(self) -> list[str]:
        whole = self._whole.titles
        return [whole[row] for row in self._rows]

    def vectors_of(self, rows: Sequence[int]) -> NDArray[np.float32]:
        return self._whole.vectors_of([self._rows[row] for row in rows])


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
