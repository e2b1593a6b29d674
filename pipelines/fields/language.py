"""Read in which language a text is written, by the small words that it cannot do without; a bare title has too few."""

from collections.abc import Mapping, Set
from functools import cache

from metier.fields import Evidence, Found
from pipelines.conventions import files
from pipelines.fields.phrases import DATA
from pipelines.fields.reading import Reading, words

_ENOUGH = 2.5  # small words, each shared with other languages by its share
_AHEAD = 1.25  # times what the next language has


def language(given: str, readings: list[Reading]) -> Found[str] | None:
    """Return the language that is given, else the one whose small words stand in the longest text."""
    if code := given.strip().lower().replace("_", "-").split("-")[0]:
        return Found(code, Evidence("language", 0, len(given), given))
    reading = max(readings, key=lambda one: len(one.text))
    table = _table()
    counts: dict[str, float] = {}
    small = _small() & reading.words
    for word in small:
        spoken = table[word]
        for code in spoken:
            counts[code] = counts.get(code, 0.0) + 1 / len(spoken)
    (first, most), (_, next_most) = sorted([*counts.items(), ("", 0.0), ("", 0.0)], key=lambda pair: -pair[1])[:2]
    if most < _ENOUGH or most < _AHEAD * next_most:
        return None
    return Found(first, _evidence(first, small, reading))


def _evidence(code: str, small: Set[str], reading: Reading) -> Evidence:
    """Return the longest of the small words, where it stands first."""
    own = {word for word in small if code in _table()[word]}
    word = max(own, key=lambda word: (len(word), word))
    start = f" {reading.spaced} ".index(f" {word} ")
    return reading.evidence(start, start + len(word))


@cache
def _small() -> frozenset[str]:
    return frozenset(_table())


@cache
def _table() -> Mapping[str, tuple[str, ...]]:
    spoken: dict[str, list[str]] = {}
    for row in files.rows(DATA / "small_words.csv", ["language", "words"]):
        for word in words(row.needs("words")):
            if row["language"] not in spoken.setdefault(word, []):
                spoken[word].append(row.needs("language"))
    return {word: tuple(codes) for word, codes in spoken.items()}
