"""Look for phrases in a folded text, each with the value that it stands for; of overlapping ones the longest counts."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.conventions import files
from pipelines.fields.reading import Reading, words

DATA = Path(__file__).with_name("data")
NOTHING = "-"  # the value of a phrase that only hides a shorter one within it: "remote areas"


@dataclass(frozen=True, slots=True)
class Phrase:
    """Some words and the value that they stand for, the stronger the surer; `title` ones count in titles only."""

    words: Sequence[str]
    value: str
    strength: int = 1
    title: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase where it stands in a text."""

    start: int
    end: int
    value: str
    strength: int


class Phrases:
    """A table of phrases, entered by their longest words: a text without any of those is done at once."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        by_word: dict[str, list[tuple[frozenset[str], str, Phrase]]] = {}
        for phrase in phrases:
            written = f" {' '.join(phrase.words)} "
            by_word.setdefault(max(phrase.words, key=len), []).append((frozenset(phrase.words), written, phrase))
        self._by_word: Mapping[str, list[tuple[frozenset[str], str, Phrase]]] = by_word
        self._entries = frozenset(by_word)

    @property
    def entries(self) -> frozenset[str]:
        """Return words of which a text must hold one to be looked through at all."""
        return self._entries

    def find(self, reading: Reading) -> list[Hit]:
        """Return the phrases that stand in a text, in their order."""
        entries = self._entries & reading.words
        if not entries:
            return []
        title = reading.where == "title"
        hits = [
            Hit(start, end, phrase.value, phrase.strength)
            for entry in entries
            for needed, written, phrase in self._by_word[entry]
            # most fail on a word that is nowhere, which is known sooner than that the whole is nowhere
            if needed <= reading.words and (title or not phrase.title) and written in reading.joined
            for start, end in _places(phrase, reading.spaced)
        ]
        return [hit for hit in _longest(hits) if hit.value != NOTHING]


def _places(phrase: Phrase, spaced: str) -> list[tuple[int, int]]:
    """Return where a phrase stands; a pattern that begins with plain letters is searched for fast."""
    places = (match.span() for match in _pattern(tuple(phrase.words)).finditer(spaced))
    return [(start, end) for start, end in places if spaced[max(0, start - 1) : start] in ("", " ")]


@cache
def _pattern(parts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(" {1,3}".join(map(re.escape, parts)) + "(?![^ ])")


def load(name: str) -> list[Phrase]:
    """Return the phrases of a data file with the columns phrase, value, strength and where."""
    return [
        Phrase(
            words(row.needs("phrase")),
            row.needs("value"),
            int(row.number("strength", low=1, high=9)),
            row["where"] == "title",
        )
        for row in files.rows(DATA / name, ["phrase", "value", "strength", "where"])
    ]


def _longest(hits: Sequence[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    if len(hits) < 2:
        return list(hits)
    for hit in sorted(hits, key=lambda hit: (hit.start - hit.end, hit.start, -hit.strength)):
        if all(hit.end <= other.start or other.end <= hit.start for other in kept):
            kept.append(hit)
    return sorted(kept, key=lambda hit: hit.start)
