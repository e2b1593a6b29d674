"""A convention: what the labels of a taxonomy mean, kept as data that people edit, and its answer for a title.

A convention is a folder; `pipelines/taxonomies/README.md` says what its files hold and how to write one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from metier.types import Example, Label, Taxonomy, TaxonomyKind
from pipelines.conventions import body as convention_body
from pipelines.conventions import examples
from pipelines.conventions import lexicon as convention_lexicon
from pipelines.conventions import rules as convention_rules
from pipelines.conventions.files import line_of, table, wrong
from pipelines.conventions.folding import Reading, fold
from pipelines.conventions.lexicon import Hit, Lexicon
from pipelines.conventions.rules import Rules

_CLOSE = 0.5  # priorities that differ by less leave the answer in doubt
_DOUBT = 0.6  # what is left of the confidence then


@dataclass(frozen=True, slots=True)
class Decision:
    """What the convention says of a title, how surely (0 to 1), and by which rule and words."""

    code: str
    confidence: float
    rule: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Convention:
    """A taxonomy with its lexicon, its rules and the recipe for its examples."""

    taxonomy: Taxonomy
    folder: Path
    lexicon: Lexicon
    rules: Rules
    reading: Reading
    default: Decision | None
    recipe: examples.Recipe | None
    body: Lexicon

    def examples(self) -> list[Example]:
        """Return the generated titles with their labels, always the same for the same files."""
        return examples.make(self.recipe, self.taxonomy) if self.recipe else []

    def decide(self, title: str, *, language: str = "") -> Decision | None:
        """Return what the convention says of a title; where the language is known, its terms go first."""
        tokens = self.reading.tokens(title)
        hits = self.lexicon.find(tokens)
        if not hits:
            return self.default if tokens else None
        found = 0
        for hit in hits:
            found |= hit.term.bit
        rule = self.rules.first(found)
        if rule is not None and rule.code:
            return _decision(rule.code, rule.confidence, rule.name, _words(tokens, hits, rule.when))
        return _strongest(tokens, hits, language) or self.default

    def hints(self, body: str) -> list[Decision]:
        """Return what phrases in the body of a posting speak for, one answer a label."""
        tokens, hits = convention_body.find(self.body, body)
        return [
            Decision(hit.term.code, hit.term.confidence, f"body: {hit.term.text}", tuple(tokens[hit.start : hit.end]))
            for hit in hits
        ]

    def decide_many(self, titles: Iterable[str]) -> list[Decision | None]:
        """Return what the convention says of each title."""
        return [self.decide(title) for title in titles]


def load(folder: Path) -> Convention:
    """Return the convention that a folder holds, or say which line of which file is wrong."""
    file = folder / "taxonomy.toml"
    if not file.exists():
        raise ConfigError(f"{folder}: there is no taxonomy.toml; a convention folder begins with that file")
    content = table(file)
    taxonomy = _taxonomy(content, file)
    codes = frozenset(label.code for label in taxonomy.labels)
    reading = _reading(content)
    lexicon = convention_lexicon.read(sorted(folder.glob("lexicon*.csv")), codes=codes, reading=reading)
    return Convention(
        taxonomy=taxonomy,
        folder=folder,
        lexicon=lexicon,
        rules=convention_rules.read(folder / "rules.toml", codes=codes, groups=lexicon.groups),
        reading=reading,
        default=_default(content, file, codes),
        recipe=examples.read(content["examples"], file) if "examples" in content else None,
        body=convention_body.read(folder, codes=codes, reading=reading),
    )


def _strongest(tokens: list[str], hits: list[Hit], language: str) -> Decision | None:
    """Return the answer of the term with the highest priority; of equal ones, of the earlier."""
    best: Hit | None = None
    top = rival = -1.0
    for hit in hits:
        term = hit.term
        if not term.code:
            continue
        weight = term.priority - 0.01 * hit.start + (0.05 if language and term.language == language else 0.0)
        if best is not None and best.term.code == term.code:
            top = max(top, weight)
        elif weight > top:
            best, top, rival = hit, weight, top
        else:
            rival = max(rival, weight)
    if best is None:
        return None
    confidence = best.term.confidence * (_DOUBT if top - rival < _CLOSE else 1.0)
    return _decision(best.term.code, confidence, f"lexicon: {best.term.text}", tuple(tokens[best.start : best.end]))


def _words(tokens: list[str], hits: list[Hit], groups: int) -> tuple[str, ...]:
    return tuple([token for hit in hits if hit.term.bit & groups for token in tokens[hit.start : hit.end]])


@lru_cache(maxsize=8192)
def _decision(code: str, confidence: float, rule: str, words: tuple[str, ...]) -> Decision:
    """Return a decision; the same few are taken again and again."""
    return Decision(code, confidence, rule, words)


def _taxonomy(content: Mapping[str, Any], file: Path) -> Taxonomy:
    for key in ("name", "version", "kind", "labels"):
        if not content.get(key):
            raise wrong(file, 1, f"there is no {key}", f"add {key} = …" if key != "labels" else "add [[labels]]")
    if content["kind"] not in set(map(str, TaxonomyKind)):
        raise wrong(file, 1, f"{content['kind']!r} is no kind", f"use one of {', '.join(TaxonomyKind)}")
    labels = tuple(_label(entry, file, line_of(file, "[[labels]]", at)) for at, entry in enumerate(content["labels"]))
    codes = [label.code for label in labels]
    for at, label in enumerate(labels):
        line = line_of(file, "[[labels]]", at)
        if label.code in codes[:at]:
            raise wrong(file, line, f"two labels have the code {label.code!r}", "rename one")
        if label.parent is not None and label.parent not in codes:
            raise wrong(file, line, f"the parent {label.parent!r} is no label", "use the code of a label")
        if content["kind"] == TaxonomyKind.ORDINAL and label.rank is None:
            raise wrong(file, line, f"the label {label.code!r} has no rank", "add rank = 0 for the lowest, 1, 2 …")
    return Taxonomy(content["name"], str(content["version"]), TaxonomyKind(content["kind"]), labels)


def _label(entry: Mapping[str, Any], file: Path, line: int) -> Label:
    for key in ("code", "name"):
        if not entry.get(key):
            raise wrong(file, line, f"the label has no {key}", f'add {key} = "…"')
    definition = " ".join(entry.get("definition", "").split())
    return Label(entry["code"], entry["name"], entry.get("parent"), definition, entry.get("rank"))


def _reading(content: Mapping[str, Any]) -> Reading:
    section = content.get("reading", {})
    return Reading(
        same={fold(word): fold(main) for main, words in section.get("same", {}).items() for word in words},
        company_after=frozenset(map(fold, section.get("company_after", []))),
        legal_forms=frozenset(map(fold, section.get("legal_forms", []))),
        stop_at=frozenset(map(fold, section.get("stop_at", []))),
    )


def _default(content: Mapping[str, Any], file: Path, codes: frozenset[str]) -> Decision | None:
    section = content.get("default")
    if section is None:
        return None
    code, confidence = section.get("code"), section.get("confidence", 0.0)
    if code not in codes or not 0 <= confidence <= 1:
        what = f"the default {code!r} with confidence {confidence!r} does not fit"
        raise wrong(file, line_of(file, "[default]", 0), what, "name a label and a number from 0 to 1")
    return Decision(code, float(confidence), "default", ())
