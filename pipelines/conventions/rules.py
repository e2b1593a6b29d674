"""The written rules of a convention, in their order: which groups of terms must be there, and which may not."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from pipelines.conventions.files import line_of, table, wrong

_HEADING = "[[rule]]"
_KEYS = frozenset({"name", "why", "when", "needs", "unless", "code", "confidence"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Decides for a code when a title holds any group of `when`, every group of `needs` and none of `unless`.

    A rule without a code stops the rules: the lexicon then decides by priority.
    """

    name: str
    code: str
    confidence: float
    when: int
    needs: tuple[int, ...]
    unless: int

    def holds(self, found: int) -> bool:
        """Say whether the rule holds for these groups."""
        if not found & self.when or found & self.unless:
            return False
        return all(found & need for need in self.needs)


@dataclass(slots=True)
class Rules:
    """The rules in order; the answer for each set of groups is worked out once and remembered."""

    ordered: tuple[Rule, ...]
    _memory: dict[int, Rule | None]

    def first(self, found: int) -> Rule | None:
        """Return the first rule that holds for these groups."""
        memory = self._memory
        if found not in memory:
            if len(memory) > 100_000:
                memory.clear()
            memory[found] = next((rule for rule in self.ordered if rule.holds(found)), None)
        return memory[found]


def read(file: Path, *, codes: Collection[str], groups: Mapping[str, int]) -> Rules:
    """Return the rules of this file; a convention without the file has none."""
    if not file.exists():
        return Rules((), {})
    entries = table(file).get("rule", [])
    ordered = [_rule(entry, file, line_of(file, _HEADING, at), (codes, groups)) for at, entry in enumerate(entries)]
    names = [rule.name for rule in ordered]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise wrong(file, line_of(file, _HEADING, at), f"two rules are called {name!r}", "rename this one")
    return Rules(tuple(ordered), {})


def _rule(entry: Mapping[str, Any], file: Path, line: int, known: tuple[Collection[str], Mapping[str, int]]) -> Rule:
    codes, groups = known
    if unknown := sorted(entry.keys() - _KEYS):
        raise wrong(file, line, f"{unknown[0]!r} is no part of a rule", f"use {', '.join(sorted(_KEYS))}")
    for key in ("name", "when"):
        if not entry.get(key):
            raise wrong(file, line, f"the rule has no {key}", f"add {key} = …")
    code = entry.get("code", "")
    if code and code not in codes:
        raise wrong(file, line, f"{code!r} is no label", f"use one of {', '.join(sorted(codes))}")
    confidence = entry.get("confidence", 0.0)
    if not isinstance(confidence, int | float) or not 0 <= confidence <= 1 or bool(code) != bool(confidence):
        remedy = "a rule with a code needs a number above 0 and up to 1, a rule without a code needs none"
        raise wrong(file, line, f"the confidence {confidence!r} does not fit", remedy)
    lists = {key: _groups(entry.get(key, []), file, line, groups) for key in ("when", "needs", "unless")}
    return Rule(
        name=entry["name"],
        code=code,
        confidence=float(confidence),
        when=_together(lists["when"]),
        needs=tuple(lists["needs"]),
        unless=_together(lists["unless"]),
    )


def _groups(names: object, file: Path, line: int, known: Mapping[str, int]) -> list[int]:
    if not isinstance(names, list):
        raise wrong(file, line, f"{names!r} is no list", 'write groups as ["one", "another"]')
    for name in names:
        if name not in known:
            raise wrong(
                file, line, f"no term of the lexicon is in the group {name!r}", "add a term, or correct the name"
            )
    return [known[name] for name in names]


def _together(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)
