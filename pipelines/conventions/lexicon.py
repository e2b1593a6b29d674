"""The words of a convention: find the terms of the lexicon in a title. A longer term hides the shorter inside it."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pipelines.conventions.affixes import Affixes
from pipelines.conventions.files import Row, rows, wrong
from pipelines.conventions.folding import BREAKS, Reading, fold, spellings

COLUMNS = ("term", "kind", "language", "code", "confidence", "priority", "group", "note")
HIDES = "hides"  # the group of terms that only hide what is inside them
_REMEMBERED = 200_000  # tokens; far more than a language has, so that a flood of junk cannot fill the memory
_FOLLOWING = 2_000  # neighbours of one token


class Match(StrEnum):
    """How a term is compared: with a word, its beginning, end or inside, a run of words, or the whole title."""

    WORD = "word"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    PART = "part"
    PHRASE = "phrase"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class Term:
    """One line of a lexicon. A term without a code only hides what is inside it, or serves the rules by its group."""

    text: str
    match: Match
    language: str
    code: str
    confidence: float
    priority: float
    group: str
    bit: int


class Hit(NamedTuple):
    """A term found in a title, and from which token to which."""

    term: Term
    start: int
    end: int


_hit: Callable[[tuple[Term, int, int]], Hit] = partial(tuple.__new__, Hit)  # twice as fast as the class itself


@dataclass(frozen=True, slots=True)
class _Phrase:
    """The words of a phrase; in each, a star stands for any letters."""

    tests: tuple[Callable[[str], bool], ...]
    term: Term

    def fits(self, tokens: Sequence[str], start: int) -> bool:
        """Say whether the phrase whose first two words fit at this token fits to its end."""
        tests = self.tests
        size = len(tests)
        if size == 2:
            return True
        if start + size > len(tokens):
            return False
        return all(tests[offset](tokens[start + offset]) for offset in range(2, size))


@dataclass(frozen=True, slots=True)
class _Known:
    """What the lexicon holds about one token: terms that fit it alone, phrases that begin with it, longest first.

    Which of the phrases can go on with a certain next token is remembered as well.
    """

    alone: tuple[Term, ...]
    phrases: tuple[_Phrase, ...]
    after: dict[str, tuple[_Phrase, ...]] = field(default_factory=dict)

    def phrases_with(self, following: str) -> tuple[_Phrase, ...]:
        """Return the phrases that can go on with the next token."""
        fitting = self.after.get(following)
        if fitting is None:
            fitting = tuple(phrase for phrase in self.phrases if phrase.tests[1](following))
            if len(self.after) < _FOLLOWING:
                self.after[following] = fitting
        return fitting


_UNKNOWN = _Known((), ())


@dataclass(slots=True)
class Lexicon:
    """All terms of a convention, ready to be looked up; what a token matches is worked out once and remembered."""

    terms: tuple[Term, ...]
    groups: dict[str, int]
    reading: Reading
    _words: dict[str, list[Term]] = field(default_factory=dict)
    _affixes: Affixes[Term] = field(default_factory=Affixes)
    _titles: dict[tuple[str, ...], Term] = field(default_factory=dict)
    _literal: dict[str, list[_Phrase]] = field(default_factory=dict)
    _starred: Affixes[_Phrase] = field(default_factory=Affixes)
    _memory: dict[str, _Known] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """File every spelling of every term where it will be looked for."""
        for term in self.terms:
            for spelling in spellings(term.text):
                self._file(term, spelling)

    def find(self, tokens: Sequence[str]) -> list[Hit]:
        """Return the terms that a title holds, in the order of the title."""
        if self._titles and (whole := self._titles.get(tuple(tokens))):
            return [Hit(whole, 0, len(tokens))]
        found: list[Hit] = []
        covered = 0
        memory = self._memory
        last = len(tokens) - 1
        for at, token in enumerate(tokens):
            known = memory.get(token)
            if known is None:
                known = self._look(token)
            if known is _UNKNOWN:
                continue
            if known.phrases and at < last:
                for phrase in known.phrases_with(tokens[at + 1]):
                    if at + len(phrase.tests) > covered and phrase.fits(tokens, at):
                        covered = at + len(phrase.tests)
                        found.append(_hit((phrase.term, at, covered)))
                        break
            if at >= covered:
                for term in known.alone:
                    found.append(_hit((term, at, at + 1)))
        return found

    def _file(self, term: Term, spelling: str) -> None:
        words = self.reading.words(spelling)
        match term.match:
            case Match.WORD:
                self._words.setdefault(spelling, []).append(term)
            case Match.PREFIX:
                self._affixes.begins(spelling, term)
            case Match.SUFFIX:
                self._affixes.ends(spelling, term)
            case Match.PART:
                self._affixes.inside(spelling, term)
            case Match.TITLE:
                self._titles[tuple(words)] = term
            case Match.PHRASE:
                phrase = _Phrase(tuple(_test(word) for word in words), term)
                self._file_phrase(words[0], phrase)

    def _file_phrase(self, first: str, phrase: _Phrase) -> None:
        core = first.strip("*")
        match first.startswith("*"), first.endswith("*"):
            case True, True:
                self._starred.inside(core, phrase)
            case True, False:
                self._starred.ends(core, phrase)
            case False, True:
                self._starred.begins(core, phrase)
            case _:
                self._literal.setdefault(first, []).append(phrase)

    def _look(self, token: str) -> _Known:
        starred = [phrase for _, _, phrase in self._starred.of(token) if phrase.tests[0](token)]
        phrases = sorted([*self._literal.get(token, ()), *starred], key=lambda phrase: -len(phrase.tests))
        alone = tuple(self._words.get(token, ())) or self._within(token)
        known = _Known(alone, tuple(phrases)) if alone or phrases else _UNKNOWN
        if len(self._memory) >= _REMEMBERED:
            self._memory.clear()
        self._memory[token] = known
        return known

    def _within(self, token: str) -> tuple[Term, ...]:
        """Return the terms that fit a part of the token, less those inside a longer one."""
        spans = list(self._affixes.of(token))
        return tuple(
            term
            for start, end, term in sorted(spans, key=lambda span: span[0])
            if not any(low <= start and end <= high and (high - low) > (end - start) for low, high, _ in spans)
        )


def read(files: Iterable[Path], *, codes: Collection[str], reading: Reading) -> Lexicon:
    """Return the lexicon that these files hold together."""
    groups: dict[str, int] = {}
    terms: dict[tuple[str, Match], tuple[Term, Row]] = {}
    for row in (row for file in files for row in rows(file, COLUMNS)):
        term = _term(row, codes, groups, reading)
        key = (fold(term.text), term.match)
        if key in terms:
            first = terms[key][1]
            what = f"{term.text!r} ({term.match}) is already in {first.file.name}, line {first.line}"
            raise wrong(row.file, row.line, what, "delete one of the two lines")
        terms[key] = term, row
    return Lexicon(tuple(term for term, _ in terms.values()), groups, reading)


def _term(row: Row, codes: Collection[str], groups: dict[str, int], reading: Reading) -> Term:
    kind = row.needs("kind")
    if kind not in set(map(str, Match)):
        raise wrong(row.file, row.line, f"{kind!r} is no kind", f"use one of {', '.join(Match)}")
    code = row.code("code", codes) if row["code"] else ""
    group = row["group"] or code or HIDES
    text = row.needs("term")
    words = reading.words(fold(text))
    if kind != Match.PHRASE and "*" in text:
        raise wrong(
            row.file, row.line, f"{text!r} holds a star", "only a phrase may; use prefix, suffix or part instead"
        )
    if kind == Match.PHRASE and len(words) < 2:
        raise wrong(row.file, row.line, f"{text!r} is one word", "make its kind word, prefix, suffix or part")
    if kind not in {Match.PHRASE, Match.TITLE} and len(words) != 1:
        raise wrong(row.file, row.line, f"{text!r} is {len(words)} words", "make its kind phrase, or write one word")
    return Term(
        text=text,
        match=Match(kind),
        language=row["language"],
        code=code,
        confidence=row.number("confidence", low=0, high=1) if code else 0.0,
        priority=row.number("priority", low=0, high=10) if code else 0.0,
        group=group,
        bit=groups.setdefault(group, 1 << len(groups)),
    )


def _test(word: str) -> Callable[[str], bool]:
    """Return the comparison for one word of a phrase."""
    core = word.strip("*")
    if not core:
        return lambda token: token not in BREAKS
    if word.startswith("*") and word.endswith("*"):
        return lambda token: core in token
    if word.startswith("*"):
        return lambda token: token.endswith(core)
    if word.endswith("*"):
        return lambda token: token.startswith(core)
    return core.__eq__
