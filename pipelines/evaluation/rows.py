"""Labelled texts to measure on: what is right of each, in which language it is, and which are drawn together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from metier.errors import ConfigError, Rejected
from metier.types import Taxonomy, Text
from pipelines import text
from pipelines.evaluation.evaluate import Flags
from pipelines.ngrams import Whole

ALLOWED = "|"  # between the labels of a cell that names several


@dataclass(frozen=True, slots=True)
class Labelled:
    """Texts, which labels are right of each, and a number that texts with equal titles have in common."""

    texts: Sequence[Text]
    titles: Sequence[str]  # normalised
    allowed: Flags
    groups: Whole

    def __len__(self) -> int:
        return len(self.texts)

    @property
    def truth(self) -> Whole:
        """Return the first of the labels that are right of each text."""
        first: Whole = self.allowed.argmax(axis=1)
        return first

    def part(self, rows: Flags | Whole) -> "Labelled":
        """Return some of the texts."""
        places = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return replace(
            self,
            texts=[self.texts[at] for at in places],
            titles=[self.titles[at] for at in places],
            allowed=self.allowed[places],
            groups=self.groups[places],
        )


@dataclass(frozen=True, slots=True)
class Names:
    """The labels of a taxonomy under all that people call them: code or name, whatever the case."""

    places: Mapping[str, int]
    taxonomy: str

    @classmethod
    def of(cls, taxonomy: Taxonomy) -> "Names":
        """Return the names of this taxonomy."""
        named = {label.name: at for at, label in enumerate(taxonomy.labels)}
        codes = {label.code: at for at, label in enumerate(taxonomy.labels)}
        return cls({word.casefold(): at for word, at in {**named, **codes}.items()}, taxonomy.name)

    def read(self, cell: str) -> list[int]:
        """Return the places of the labels that a cell names, or refuse it."""
        words = [word.strip() for word in cell.split(ALLOWED) if word.strip()]
        if not words:
            raise Rejected("the label is empty: fill it in, or delete the row")
        for word in words:
            if word.casefold() not in self.places:
                raise Rejected(f"{word!r} is no label of {self.taxonomy}: write a code or a name of it")
        return [self.places[word.casefold()] for word in words]


def labelled(texts: Sequence[Text], places: Sequence[Sequence[int]], taxonomy: Taxonomy) -> Labelled:
    """Return texts with the labels that are right of them."""
    if not texts:
        raise ConfigError(f"no row of the file has a title and a label of {taxonomy.name}: see --column")
    titles = text.normalise(text.tidy([item.title for item in texts]))
    _, groups = np.unique(np.array(titles), return_inverse=True)
    allowed: Flags = np.zeros((len(texts), len(taxonomy.labels)), dtype=np.bool_)
    allowed[np.repeat(np.arange(len(texts)), [len(row) for row in places]), [at for row in places for at in row]] = True
    return Labelled(texts, titles, allowed, groups.astype(np.int64))
