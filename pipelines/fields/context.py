"""What the words around an amount say of it: whether it is pay, for which period, and which end of a range."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from metier.fields import MONTHS, Period
from pipelines.conventions import files
from pipelines.fields.reading import words

_FILE = Path(__file__).with_name("data") / "salary_words.csv"
_BEFORE, _AFTER = 100, 70  # characters that are looked at
_FAR, _NEAR = 12, 2  # words
_SHORT = "".join(rf"(?<!\b{word})" for word in ("p", "pr", "ca", "min", "max"))  # "pr. måned", "p. M."
_BREAK = re.compile(rf"{_SHORT}[.!?;]\s|\n|\||\s[-?]\s(?=[^\W\d])")
_TOKEN = re.compile(r"[^\W\d_]+|[/\d+,:]")
_WORD = re.compile(r"[^\W\d_]+")
_PAYMENTS = re.compile(
    r"[x×*] ?(1[345])\b"
    r"|\b(1[345]) ?(?:x|×|mal\b|times\b|fois\b|mensilita|mensualit|pagas|monats[gl]|gehalter|lohne|keer\b|salaries\b)"
    r"|\b(?:sur|over|in|en|su) (1[345]) (?:mois|months|pagas|mensilita|mensualit)"
)
_PAYMENTS_BEFORE = re.compile(r"\b(1[2345]) ?(?:x|×|\*|mal|fois|volte|keer)[ ?]{0,2}$")  # 12 x 4.500 EUR
_STOPS = frozenset(
    [",", ":", "+", "plus", "and", "und", "et", "y", "e", "en", "och", "og", "to", "with", "mit", "during", "zzgl"]
)


class Meaning(StrEnum):
    """What a word near an amount stands for."""

    PAY = "pay"
    OTHER = "other"
    FROM = "from"
    TO = "to"
    UNIT = "unit"
    RATE = "rate"
    LINK = "link"
    FILLER = "filler"


@dataclass(frozen=True, slots=True)
class Context:
    """What surrounds an amount; `end` is where the words for its period end."""

    pay: bool | None
    """True when pay is spoken of, False when it is money of another kind, None when nothing is said."""
    period: Period | None
    end: int
    bound: Meaning | None
    payments: int
    words: int
    """How many words stand in its line besides: a line of its own is likelier pay than a sentence."""


@dataclass(frozen=True, slots=True)
class _Words:
    plain: Mapping[Meaning, Mapping[str, Period | None]]
    endings: Mapping[Meaning, tuple[str, ...]]
    periods: tuple[tuple[str, Period], ...]

    def has(self, meaning: Meaning, word: str) -> bool:
        return word in self.plain[meaning] or word.endswith(self.endings[meaning])

    def period(self, word: str) -> Period | None:
        if period := self.plain[Meaning.PAY].get(word) or self.plain[Meaning.RATE].get(word):
            return period
        return next((period for ending, period in self.periods if word.endswith(ending)), None)


def around(plain: str, start: int, end: int) -> Context:
    """Return what the folded text says of the amount between two offsets."""
    known = _table()
    line = _line_before(plain[max(0, start - _BEFORE) : start])
    before = _WORD.findall(line)
    after = plain[end : end + _AFTER]
    if stop := _BREAK.search(after):
        after = after[: stop.start() + 1]
    period, length = _period_after(known, after)
    monthly = (period or Period.MONTH) is Period.MONTH
    payments = (_PAYMENTS_BEFORE.search(line) or _PAYMENTS.search(after)) if monthly else None
    return Context(
        pay=_pay(known, before, _TOKEN.findall(after[length:])),
        period=period or _period_before(known, before) or (Period.MONTH if payments else None),
        end=end + length,
        bound=Meaning.FROM if plain[end : end + 1] == "+" else _bound(known, before),
        payments=int(next(filter(None, payments.groups()))) if payments else MONTHS,
        words=len(before) + len(_WORD.findall(after[length:])),
    )


def _line_before(text: str) -> str:
    """Return what precedes in the same sentence, or the heading above when the amount opens its line."""
    parts = _BREAK.split(text)
    while len(parts) > 1 and not _WORD.search(parts[-1]):
        parts.pop()
    return parts[-1]


def _pay(known: _Words, before: Sequence[str], after: Sequence[str]) -> bool | None:
    """Decide by the words right behind, then by the nearest word in front, then by what follows."""
    behind: list[str] = []
    for token in after:
        if token in _STOPS:
            break
        if token.isalpha():
            behind.append(token)
    for place, word in enumerate(behind[: _NEAR + 1]):
        if known.has(Meaning.OTHER, word) or " ".join(behind[place : place + 2]) in known.plain[Meaning.OTHER]:
            return False
    for place, word in list(enumerate(before))[: -_FAR - 1 : -1]:
        if place and f"{before[place - 1]} {word}" in known.plain[Meaning.PAY]:  # "fee rate" is pay, a fee is not
            return True
        if known.has(Meaning.OTHER, word) or (place and f"{before[place - 1]} {word}" in known.plain[Meaning.OTHER]):
            return False
        if known.has(Meaning.PAY, word) or (known.has(Meaning.FROM, word) and len(word) > 9):
            return True
    return any(known.has(Meaning.PAY, word) for word in behind[:5]) or None


def _period_after(known: _Words, after: str) -> tuple[Period | None, int]:
    """Return the period that follows an amount, and how many characters its words take."""
    tokens = list(_TOKEN.finditer(after))
    linked = False
    if tokens and tokens[0][0] == "+":  # $25+/hr
        del tokens[0]
    for place, match in enumerate(tokens[:9]):
        word = match[0]
        pair = f"{word} {tokens[place + 1][0]}" if place + 1 < len(tokens) else ""
        triple = f"{word} {tokens[place + 2][0]}" if pair.endswith("/") and place + 2 < len(tokens) else ""
        for name, last in ((pair, place + 1), (triple, place + 2)):
            if period := known.plain[Meaning.RATE].get(name):
                return period, tokens[last].end()
        if linked and (period := known.plain[Meaning.UNIT].get(word)):
            return period, match.end()
        if period := known.plain[Meaning.RATE].get(word):
            return period, match.end()
        if word == "/" or word in known.plain[Meaning.LINK]:
            linked = True
        elif word not in known.plain[Meaning.FILLER]:
            break
    return None, 0


def _period_before(known: _Words, before: Sequence[str]) -> Period | None:
    for place, word in list(enumerate(before))[: -_FAR - 1 : -1]:
        pair = f"{before[place - 1]} {word}" if place else ""  # "day rate"
        if period := known.plain[Meaning.PAY].get(pair) or known.period(word):
            return period
    for place in range(len(before) - 1, 0, -1):  # "salary per month: 3,000"
        if before[place - 1] in known.plain[Meaning.LINK] and (period := known.plain[Meaning.UNIT].get(before[place])):
            return period
    return None


def _bound(known: _Words, before: Sequence[str]) -> Meaning | None:
    """Return whether "from" or "up to" stands right in front; "von 3.000 bis" is no bound by itself."""
    for place in range(len(before) - 1, max(-1, len(before) - 4), -1):
        word = before[place]
        pair = f"{before[place - 1]} {word}" if place else ""
        for meaning in (Meaning.TO, Meaning.FROM):
            if known.has(meaning, pair) or known.has(meaning, word):
                return meaning
        if word not in known.plain[Meaning.LINK] and word not in known.plain[Meaning.FILLER]:
            return None
    return None


@cache
def _table() -> _Words:
    plain: dict[Meaning, dict[str, Period | None]] = {meaning: {} for meaning in Meaning}
    for row in files.rows(_FILE, ["words", "meaning", "period"]):
        meaning = Meaning(row.code("meaning", set(Meaning)))
        period = Period(row.code("period", set(Period))) if row["period"] else None
        star = "*" if row["words"].startswith("*") else ""
        plain[meaning][star + " ".join(words(row.needs("words")))] = period
    endings = {meaning: tuple(word[1:] for word in plain[meaning] if word[0] == "*") for meaning in Meaning}
    periods = tuple((word[1:], period) for word, period in plain[Meaning.PAY].items() if word[0] == "*" and period)
    return _Words(plain, endings, periods)
