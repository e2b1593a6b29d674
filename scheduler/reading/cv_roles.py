"""What in a line of a CV is a job, what is an organisation, and which jobs are done beside the main one."""

import re
from functools import cache

from scheduler.reading.cv_tables import fold, rows

_SHARE = re.compile(r"\d{1,3}\s?%")
_WORD = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?")


def role(text: str) -> int:
    """Return how many words of a text are those of a job."""
    starts, ends, words = _roles()
    found = int(side(text))
    firms = _organizations()[1]
    for word in _words(text):
        if word in firms:
            continue
        parts = {word, *word.split("-")}
        found += any(
            part in words or part.startswith(starts) or (len(part) > 5 and part.endswith(ends)) for part in parts
        )
    return found


def organization(text: str) -> int:
    """Return how much a text looks like an organisation: 3 for a legal form, 1 for a word such as "hospital"."""
    legal, words = _organizations()
    named = _words(text)
    if any(word in legal or word.rstrip(".") in legal for word in named[1:]):
        return 3
    folded = f" {' '.join(word.rstrip('.') for word in named)} "
    return int(any(f" {word} " in folded for word in words))


def side(title: str) -> bool:
    """Tell whether this is a function beside a main employment: on a board, or as a volunteer."""
    folded = f" {' '.join(_words(title.replace('-', ' ')))} "
    return any(f" {words} " in folded for words in _side())


def terms(text: str) -> bool:
    """Tell whether this says nothing but on what terms somebody worked: "full-time", "80 %"."""
    bare = fold(text).strip(" ()[],.;:")
    return bool(_SHARE.fullmatch(bare)) or bare in _terms()


def _words(text: str) -> list[str]:
    return _WORD.findall(fold(text))


@cache
def _roles() -> tuple[tuple[str, ...], tuple[str, ...], frozenset[str]]:
    def of(place: str) -> list[str]:
        return [fold(row["stem"]) for row in rows("roles") if row["place"] == place]

    return tuple(of("start")), tuple(of("end")), frozenset(of("word"))


@cache
def _organizations() -> tuple[frozenset[str], tuple[str, ...]]:
    legal = frozenset(fold(row["word"]).rstrip(".") for row in rows("organizations") if row["kind"] == "legal")
    return legal, tuple(fold(row["word"]) for row in rows("organizations") if row["kind"] == "word")


@cache
def _terms() -> frozenset[str]:
    return frozenset(fold(row["words"]) for row in rows("terms"))


@cache
def _side() -> tuple[str, ...]:
    return tuple(" ".join(_words(row["words"].replace("-", " "))) for row in rows("side"))
