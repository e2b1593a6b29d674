"""Which currency a sign means; a sign that several share is settled by country or language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pipelines.conventions import files
from pipelines.fields.reading import Reading, words

_FILE = Path(__file__).with_name("data") / "currencies.csv"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency, and about how many of it make one euro."""

    code: str
    size: float
    countries: frozenset[str]
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Currencies:
    """All currencies by the signs that people write; `pattern` matches any sign, longest first."""

    by_sign: Mapping[str, tuple[Currency, ...]]
    pattern: str
    words: frozenset[str]
    marks: frozenset[str]
    plain_marks: frozenset[str]
    """Those in ASCII."""

    def places(self, reading: Reading) -> list[int]:
        """Return about where signs stand, some in vain: most texts hold none and are done."""
        found: list[int] = []
        for mark in self.plain_marks if reading.text.isascii() else self.marks:
            if mark in reading.text:
                found += _places(mark, reading.text)
        for word in self.words & reading.words:
            found += _places(f" {word} ", f" {reading.spaced} ")
        return sorted(found)

    def of(self, sign: str, *, country: str = "", language: str = "") -> Currency:
        """Return the currency that a sign means in this country, else in this language, else mostly."""
        shared = self.by_sign[" ".join(sign.lower().split())]
        for currency in shared:
            if country and country in currency.countries:
                return currency
        for currency in shared:
            if language[:2] in currency.languages:
                return currency
        return shared[0]

    def size(self, code: str) -> float:
        """Return about how many of a currency make one euro; one, where the table does not know it."""
        known = self.by_sign.get(code.lower(), ())
        return known[0].size if known else 1.0


@cache
def table() -> Currencies:
    """Return the table of currencies, read on first use."""
    by_sign: dict[str, tuple[Currency, ...]] = {}
    for row in files.rows(_FILE, ["code", "size", "countries", "languages", "signs"]):
        size = row.number("size", low=0.01, high=1e6)
        one = Currency(
            row.needs("code"), size, frozenset(row["countries"].split()), frozenset(row["languages"].split())
        )
        for sign in row.needs("signs").split():
            name = sign.replace("_", " ").lower()
            by_sign[name] = (*by_sign.get(name, ()), one)
    longest = sorted(by_sign, key=len, reverse=True)
    pattern = "|".join(re.escape(sign).replace(r"\ ", r"[ \xa0]") for sign in longest)
    marks = {char for sign in by_sign for char in sign if not char.isalpha() and char not in " .-/"}
    plain = {sign for sign in by_sign if marks.isdisjoint(sign)}
    letters = {max(words(sign), key=len) for sign in plain if sign[-1] not in "./"}
    marks |= {sign.title() for sign in plain if sign[-1] in "./"}  # Fr. and S/, which are written with capitals
    thousands = {k + word for k in "kt" for word in letters if len(word) == 3}  # keur, tchf
    plain_marks = frozenset(filter(str.isascii, marks))
    return Currencies(by_sign, pattern, frozenset(letters | thousands), frozenset(marks), plain_marks)


def _places(part: str, text: str) -> list[int]:
    found = []
    start = text.find(part)
    while start >= 0:
        found.append(start)
        start = text.find(part, start + 1)
    return found
