"""Tell in which language a title is written, by n-grams of the titles that a taxonomy makes, which have a language.

Small words tell the language of a text; a title has none, but its endings do.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metier.types import Example, Text
from pipelines import text
from pipelines.fields.language import language
from pipelines.fields.reading import read
from pipelines.ngrams import BUCKETS, Floats, hashed

_FEWEST = 200  # titles of a language; of fewer nothing is learnt
_AHEAD = 1.0  # of the log likelihood of the next language; less is no answer
_SMOOTH = 0.1


@dataclass(frozen=True, slots=True)
class TitleLanguages:
    """How likely each n-gram is in each language."""

    languages: Sequence[str]
    table: Floats

    @classmethod
    def learn(cls, examples: Sequence[Example]) -> "TitleLanguages":
        """Return what these titles teach."""
        spoken = [example.language for example in examples]
        languages = sorted(code for code in set(spoken) - {""} if spoken.count(code) >= _FEWEST)
        table = np.full((BUCKETS, len(languages)), _SMOOTH, dtype=np.float32)
        for place, code in enumerate(languages):
            grams = hashed(_normal([example.text for example in examples if example.language == code]))
            for ragged in (grams.chars, grams.words):
                table[:, place] += np.bincount(ragged.buckets, minlength=BUCKETS).astype(np.float32)
        return cls(languages, np.log(table / table.sum(axis=0)))

    def of(self, titles: Sequence[str]) -> list[str]:
        """Return the language of each title, empty where two are about as likely."""
        if len(self.languages) < 2:
            return [""] * len(titles)
        grams = hashed(_normal(titles))
        likely = grams.chars.sums(self.table) + grams.words.sums(self.table)
        order = np.argsort(-likely, axis=1)[:, :2]
        first, second = np.take_along_axis(likely, order, axis=1).T
        clear = (first - second) >= _AHEAD
        return [self.languages[at] if sure else "" for at, sure in zip(order[:, 0], clear, strict=True)]


def of(texts: Sequence[Text], examples: Sequence[Example]) -> list[str]:
    """Return the language of each text: as given, else by its small words, else by the n-grams of its title."""
    found = [_written(item) for item in texts]
    unknown = [at for at, code in enumerate(found) if not code]
    for at, code in zip(
        unknown, TitleLanguages.learn(examples).of([texts[at].title for at in unknown]) if unknown else (), strict=True
    ):
        found[at] = code
    return found


def _written(item: Text) -> str:
    said = language(item.language, [read("title", item.title), read("body", item.body)])
    return said.value if said else ""


def _normal(titles: Sequence[str]) -> list[str]:
    return text.normalise(text.tidy(titles))
