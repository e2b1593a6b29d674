"""What differs between two artifacts of one name: manifest, metrics, thresholds, answers to the reference titles."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.champion import plugin_of
from metier.types import Text
from pipelines import artifact, gate_load
from pipelines.artifact import Artifact
from pipelines.gate_load import Loaded
from pipelines.tagger import Batch
from worker import judging

_TOLD = ("base_model", "data_digest", "seed", "code_version", "created")


@dataclass(frozen=True, slots=True)
class Answer:
    """A reference title that the two answer differently."""

    title: str
    truth: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Diff:
    """By name what the one and the other say, where that differs."""

    one: str
    other: str
    told: Mapping[str, tuple[Any, Any]]  # any JSON
    titles: int
    right: tuple[int, int]
    answers: tuple[Answer, ...]


def diff(root: Path, one: Artifact, other: Artifact, *, threads: int) -> Diff:
    """Compare two artifacts of the same name."""
    told = {**_fields(one, other)}
    for part in ("metrics", "thresholds", "extra"):
        told |= _tables(part, getattr(one.manifest, part), getattr(other.manifest, part))
    plugin = plugin_of(one.name)
    examples = judging.reference(plugin)
    titles = [Text(example.text, language=example.language) for example in examples]
    said = [_answers(gate_load.load(root, plugin, which.digest, threads=threads), titles) for which in (one, other)]
    rows = list(zip(examples, *said, strict=True))
    answers = tuple(Answer(e.text, e.code, first, second) for e, first, second in rows if first != second)
    right = (sum(e.code == first for e, first, _ in rows), sum(e.code == second for e, _, second in rows))
    return Diff(_name(one), _name(other), told, len(titles), right, answers)


def serving(root: Path, name: str, champions: Mapping[str, str]) -> Artifact | None:
    """Return the artifact that serves under a name."""
    digest = champions.get(name) or artifact.bundled(root).get(name)
    return artifact.find(root, name, digest) if digest else None


def _answers(loaded: Loaded, titles: list[Text]) -> list[str]:
    if not titles:
        return []
    return [tags[0].code for tags in loaded.tagger.tag(Batch(titles, encoder=loaded.encoder, top=1))]


def _fields(one: Artifact, other: Artifact) -> dict[str, tuple[Any, Any]]:  # any JSON
    pairs = {name: (getattr(one.manifest, name), getattr(other.manifest, name)) for name in _TOLD}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _tables(part: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:  # any JSON
    """Return the entries of a table that differ, tables within it by their own entries."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted({*one, *other}):
        first, second = one.get(key), other.get(key)
        if isinstance(first, Mapping) and isinstance(second, Mapping):
            found |= _tables(f"{part}.{key}", first, second)
        elif first != second:
            found[f"{part}.{key}"] = (first, second)
    return found


def _name(found: Artifact) -> str:
    return f"{found.name}@{found.digest[:12]}"
