"""Turn a title into the tokens that a convention matches: case, accents, gendered forms and company names put aside."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

_MARKS = re.compile("[\u0300-\u036f]+")
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
    | dict.fromkeys("–—―•·…", ",")
    | dict.fromkeys("‐‑’‘´`“”„«»", " ")
)
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
# (m/w/d), m/w, (f/h), w|m|x: says nothing about the job
_ANY_GENDER = re.compile(r"[(\[]?(?<!\w)[mwfhdvx](?:\s?[/|]\s?(?:[mwfhdvxi*]|div|nb)){1,3}(?!\w)[)\]]?")
# Leiter*in, Leiter:in, Leiter/-in, Leiter(in), Angestellte(r), directeur·rice
_ENDING = re.compile(r"(?<=\w\w)(?:[*:_·]|/-?|\(-?)(?:innen|in|frau|euse|trice|rice|ice|ère|ne|se|r|e|a|n)(?!\w)\)?")
_TOKEN = re.compile(r"\w+[+#]*|[&/,()@+|;:\[\]]| - ")
_PATTERN = re.compile(r"[\w*]+[+#]*|[&/,()@+]")
BREAKS = frozenset(["/", ",", "(", ")", "@", "|", ";", ":", "[", "]", " - "])


@dataclass(frozen=True, slots=True)
class Reading:
    """Which words mean the same, and which announce the name of a company."""

    same: Mapping[str, str]
    company_after: frozenset[str]
    legal_forms: frozenset[str]
    stop_at: frozenset[str]
    _special: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        """Gather the words that need a second look: most titles hold none, and are done sooner."""
        object.__setattr__(self, "_special", frozenset(self.same) | self.company_after | self.legal_forms)

    def tokens(self, title: str) -> list[str]:
        """Return the tokens of a title, company names left out."""
        found: Sequence[str] = _cut(title)
        if self._special.isdisjoint(found):
            return list(found)
        found = [self.same.get(token, token) for token in found]
        return self._without_legal(self._before_company(found))

    def plain(self, text: str) -> list[str]:
        """Return the tokens of a longer text, names of companies included."""
        return [self.same.get(token, token) for token in _TOKEN.findall(fold(text))]

    def words(self, pattern: str) -> list[str]:
        """Return the words of a folded pattern, in which a star may stand for letters."""
        return [self.same.get(word, word) for word in _PATTERN.findall(pattern)]

    def _before_company(self, tokens: Sequence[str]) -> list[str]:
        kept: list[str] = []
        inside = False
        for token in tokens:
            inside = (inside and token not in BREAKS) or (bool(kept) and token in self.company_after)
            if not inside:
                kept.append(token)
        return kept

    def _without_legal(self, tokens: Sequence[str]) -> list[str]:
        """Leave out the words from the last preposition or break to a legal form; never the whole title."""
        kept: list[str] = []
        for token in tokens:
            if token not in self.legal_forms or not kept:
                kept.append(token)
                continue
            start = max((at for at, word in enumerate(kept) if word in self.stop_at or word in BREAKS), default=-1)
            if start > 0 and len(kept) - start <= 5:
                del kept[start:]
            elif len(kept) > 2:
                del kept[-1:]
        return kept


@lru_cache(maxsize=2048)
def _cut(title: str) -> tuple[str, ...]:
    """Return the folded tokens of a title; the conventions of a batch read the same titles one after the other."""
    return tuple(_TOKEN.findall(fold(title)))


def fold(title: str) -> str:
    """Return a title in lower case, without accents, fine quotes and markers of gender."""
    text = title.casefold()
    plain = text.isascii()
    if not plain:
        text = unicodedata.normalize("NFKC", text)
    if "/" in text or "(" in text or "*" in text or ":" in text or "_" in text or "|" in text or "·" in text:
        text = _ENDING.sub("", _ANY_GENDER.sub(" ", text))
    if not plain:
        text = _MARKS.sub("", unicodedata.normalize("NFKD", text.translate(_LETTERS)))
    return text


def spellings(term: str) -> list[str]:
    """Return the folded forms under which a term is looked up: ä as a and as ae."""
    digraphs = fold(term.casefold().translate(_DIGRAPHS))
    return list(dict.fromkeys((fold(term), digraphs)))
