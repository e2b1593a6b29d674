"""A bare title, one without a body, is encoded only where its n-grams alone are not sure of its label.

Before a head that reads sentence vectors stands a view of n-grams alone. What that is sure of is answered; what it
leaves goes to the whole head, whose scores are read there by numbers of their own: such titles are harder.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from metier.types import Tag, Taxonomy
from pipelines.classify import Head, Lone
from pipelines.tagger import Batch, Tagger

READ, ALONE, WHOLE = "read", "n-grams", "n-grams and vector"
"""What evidence says was read of a text."""


@dataclass(frozen=True)
class Sparing:
    """A tagger that encodes a bare title only where n-grams are not sure; a posting with a body always."""

    head: Head
    lone: Lone

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy whose labels it gives."""
        return self.head.taxonomy

    @property
    def artifact(self) -> str:
        """Return the name and short digest of the artifact that decides."""
        return self.head.artifact

    @cached_property
    def first(self) -> Head:
        """Return the view of n-grams alone."""
        lone = self.lone
        return replace(self.head, weights=lone.weights, mixture=lone.first, encoder=None, marks={READ: ALONE})

    @cached_property
    def rest(self) -> Head:
        """Return the whole head as it is read where n-grams are not sure."""
        return replace(self.whole, mixture=self.lone.rest)

    @cached_property
    def whole(self) -> Head:
        """Return the whole head as it is read where there is a body."""
        return replace(self.head, marks={READ: WHOLE})

    def tag(self, batch: Batch) -> list[list[Tag]]:
        """Return the likeliest labels of each text, best first; the first says what decided it."""
        bare = [row for row, item in enumerate(batch.texts) if not item.body.strip()]
        known = self._surely(batch, bare)
        left = [row for row in bare if row not in known]
        bodied = [row for row, item in enumerate(batch.texts) if item.body.strip()]
        for head, rows in ((self.rest, left), (self.whole, bodied)):
            if rows:
                known |= zip(rows, head.tag(batch.some(rows)), strict=True)
        return [known[row] for row in range(len(batch))]

    def decides(self, batch: Batch) -> Head:
        """Return the view that answers for the one text of a batch."""
        if batch.texts[0].body.strip():
            return self.whole
        return self.first if self._surely(batch, [0]) else self.rest

    def _surely(self, batch: Batch, rows: Sequence[int]) -> dict[int, list[Tag]]:
        """Return the answers to those of these titles that n-grams are sure of."""
        if not rows:
            return {}
        asked = batch.some(rows)
        heard = self.first.hear(asked)
        over = np.flatnonzero(heard.scores.max(axis=1) >= self.lone.first.sure).tolist()
        answers = self.first.answers(asked.some(over), heard.some(over))
        pairs = zip((rows[place] for place in over), answers, strict=True)
        return {row: tags for row, tags in pairs if tags[0].sure}  # not where no word speaks for the answer


def over(head: Head) -> Tagger:
    """Return the head with a view of n-grams alone before it, where its artifact has one."""
    return head if head.lone is None else Sparing(head, head.lone)
