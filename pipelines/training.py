"""Make a candidate: a head taught with a snapshot, written as an artifact whose digest tells the same from the new."""

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from metier.types import Taxonomy
from pipelines import bundle, calibration, head, taxonomy, train
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe, Vectors
from pipelines.snapshot import Snapshot
from pipelines.taggers import Plugin

OWN = "own"

_HEADS: Mapping[str, float] = {"ngrams": 0.0, "vectors": 1.0}  # weight of the sentence vector


@dataclass(frozen=True, slots=True)
class Lesson:
    """Which head of which taxonomy is taught: all that decides beside the snapshot."""

    plugin: Plugin
    folder: Path
    mixture: Mixture
    head: str
    seed: int

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy."""
        return taxonomy.read(self.folder)

    def key(self, snapshot: Snapshot, encoder: str) -> str:
        """Return a digest of all that goes in; the same key makes the same weights."""
        parts = (
            *(snapshot.digest(), bundle.digest(self.folder), astuple(self.mixture), self.seed),
            *(head.FORM, train.VERSION, encoder),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def heads() -> list[str]:
    """Return the names that `--head` takes."""
    return [OWN, *_HEADS]


def lesson(plugin: Plugin, *, head: str = OWN, seed: int = 0) -> Lesson:
    """Return the lesson of a tagger, with its own head or a named one."""
    recipe = plugin.recipe
    if not isinstance(recipe, HeadRecipe):
        raise ConfigError(f"{plugin.name}: its tagger is not made of a head, so that examples cannot teach it")
    if head not in heads():
        raise ConfigError(f"there is no head {head!r}: use {', '.join(heads())}")
    weight = _HEADS.get(head, recipe.mixture.vectors)
    folder = taxonomy.folder(plugin.name, recipe.taxonomies)
    return Lesson(plugin, folder, replace(recipe.mixture, vectors=weight), head, seed)


def candidate(
    wanted: Lesson,
    snapshot: Snapshot,
    root: Path,
    *,
    vectors: Vectors | None,
    told: Mapping[str, Any],  # any JSON: what the manifest tells beside
    now: datetime,
) -> Artifact:
    """Teach the head and keep it; the same lesson and snapshot give the same artifact."""
    base = vectors.artifact if vectors else None
    taught = train.teach(
        wanted.taxonomy,
        snapshot.examples,
        wanted.mixture,
        seed=wanted.seed,
        encoder=vectors.encoder if vectors else None,
        convention=bundle.convention(wanted.folder),
        calibration=calibration.read(wanted.folder),
    )
    key = wanted.key(snapshot, base.digest if base else "")
    manifest = head.describe(taught, wanted.plugin.name, data=key, seed=wanted.seed, encoder=base, created=now)
    beside = {"head": wanted.head, "examples": dict(snapshot.counts), "labels": snapshot.labels, **told}
    return head.write(root, taught, wanted.folder, manifest=replace(manifest, extra={**manifest.extra, **beside}))
