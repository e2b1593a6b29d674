"""What a head is taught from: bundled and brought examples, without what measures or is double, under one digest."""

import csv
import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metier.example_keys import keys
from metier.types import Example, Origin
from pipelines import bundle, taxonomy
from pipelines.conventions.convention import Convention
from pipelines.text import tidy

REFERENCE = "reference.csv"

_TRUST = {Origin.REVIEWED: 0, Origin.SOURCE: 2, Origin.PSEUDO: 3}
_BUNDLED = 1  # a person's correction goes before what came with the taxonomy, which goes before the rest


@dataclass(frozen=True, slots=True)
class Brought:
    """An example that did not come with the taxonomy, and where it stands for people to find."""

    key: str
    example: Example
    place: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The examples of one training. `counts` says how many of which kind there are and were left out, and why."""

    bundled: tuple[Example, ...]
    brought: tuple[Brought, ...]
    counts: Mapping[str, int]

    @property
    def examples(self) -> list[Example]:
        """Return all of them, in an order that hangs on nothing but themselves."""
        return [*self.bundled, *(one.example for one in self.brought)]

    @property
    def labels(self) -> dict[str, int]:
        """Return how many examples each label has."""
        return dict(sorted(Counter(example.code for example in self.examples).items()))

    def digest(self) -> str:
        """Return a digest of every text with its label and who gave it, for corrections weigh more."""
        found = hashlib.sha256()
        for example in self.examples:
            line = "\x1f".join((example.text, example.code, example.language, example.origin))
            found.update(f"{line}\x1e".encode("utf-8", "surrogatepass"))
        return found.hexdigest()


def take(folder: Path, brought: Sequence[Brought], *, never: Collection[str]) -> Snapshot:
    """Return the snapshot of the taxonomy in this folder, without its reference titles.

    Nothing brought whose text is in `never` gets in; what came with the taxonomy was written without knowing that.
    """
    bundled = bundle.examples(folder)
    measuring = set(keys([example.text for example in reference(folder.name, folder.parent)]))
    never = {*never, *measuring}
    codes = {label.code for label in taxonomy.read(folder).labels}
    known_labels = [one for one in brought if one.example.code in codes]  # a convention may have lost a label since
    fit = [one for one in known_labels if one.key and one.key not in never and one.example.origin in _TRUST]
    counts = {"held_back": len(known_labels) - len(fit)}
    if len(known_labels) < len(brought):
        counts["of_labels_that_are_gone"] = len(brought) - len(known_labels)
    best: dict[str, list[Brought]] = {}
    for one in sorted(fit, key=_order):
        best.setdefault(one.key, []).append(one)
    known: dict[str, Example] = {}
    for key, example in zip(keys([example.text for example in bundled]), bundled, strict=True):
        if key not in measuring:
            known.setdefault(key, example)
    chosen, overruled = _chosen(best, known)
    counts |= {
        "conflicting": sum(1 for key in best if key not in known and _torn(best[key])),
        "doubled": len(fit) - len(chosen),
    }
    kept = tuple(example for key, example in known.items() if key not in overruled)
    counts |= {"bundled": len(kept), **Counter(one.example.origin.value for one in chosen)}
    return Snapshot(kept, tuple(chosen), dict(sorted(counts.items())))


def relabelled(brought: Sequence[Brought], convention: Convention | None, *, least: float) -> tuple[list[Brought], int]:
    """Give examples the label of the convention where that is at least so sure; return them and how many changed."""
    if convention is None:
        return list(brought), 0
    said = convention.decide_many(tidy([one.example.text for one in brought]))
    found = [
        replace(one, example=replace(one.example, code=decision.code))
        if decision is not None and decision.confidence >= least
        else one
        for one, decision in zip(brought, said, strict=True)
    ]
    changed = sum(new.example.code != old.example.code for new, old in zip(found, brought, strict=True))
    return found, changed


def reference(name: str, root: Path = taxonomy.BUNDLED) -> list[Example]:
    """Return the reference titles that the bundle labels in this taxonomy; they measure and never train."""
    path = root / REFERENCE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Example(row["title"], name, row[name], Origin.GOLD, row.get("language") or "")
            for row in csv.DictReader(file)
            if row.get(name)
        ]


def _chosen(best: Mapping[str, list[Brought]], known: Mapping[str, Example]) -> tuple[list[Brought], set[str]]:
    """Return one example a text, and the texts whose bundled label a person overruled."""
    chosen: list[Brought] = []
    overruled: set[str] = set()
    for key, candidates in best.items():
        first = candidates[0]
        if _torn(candidates) or (key in known and _TRUST[first.example.origin] > _BUNDLED):
            continue
        if key in known:
            overruled.add(key)
        chosen.append(first)
    return chosen, overruled


def _torn(candidates: Sequence[Brought]) -> bool:
    """Tell whether those who are trusted most say different things."""
    origin = candidates[0].example.origin
    return len({one.example.code for one in candidates if one.example.origin is origin}) > 1


def _order(one: Brought) -> tuple[str, int, str, str]:
    return one.key, _TRUST[one.example.origin], one.example.code, one.example.text
