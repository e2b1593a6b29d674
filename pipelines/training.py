"""Make a candidate: a head taught with a snapshot, written as an artifact whose digest tells the same from the new."""

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from metier.errors import ConfigError
from metier.types import Taxonomy
from pipelines import bare_views, bundle, calibration, head, taxonomy, train
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.encoding import own as own_encoder
from pipelines.encoding.own import Own
from pipelines.heads import heads
from pipelines.recipe import HeadRecipe, Vectors
from pipelines.snapshot import Snapshot
from pipelines.taggers import Plugin

OWN = "own"


@dataclass(frozen=True, slots=True)
class Lesson:
    """Which head of which taxonomy is taught: all that decides beside the snapshot."""

    plugin: Plugin
    folder: Path
    mixture: Mixture
    head: str
    seed: int
    corrections: float = train.CORRECTIONS  # other examples that one correction counts for

    @property
    def tunes(self) -> bool:
        """Say whether it brings an encoder of its own, which takes torch and minutes."""
        return self.head != OWN and heads.HEADS[self.head].slow

    @property
    def spares(self) -> bool:
        """Say whether n-grams alone answer bare titles that they are sure of: its own tagger has to know of it."""
        recipe = self.plugin.recipe
        return self.mixture.vectors > 0 and recipe.reads_vectors

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy."""
        return taxonomy.read(self.folder)

    def key(self, snapshot: Snapshot, encoder: str) -> str:
        """Return a digest of all that goes in; the same key makes the same weights."""
        parts = (
            *(snapshot.digest(), bundle.digest(self.folder), astuple(self.mixture), self.seed),
            *(head.FORM, train.VERSION, encoder, self.corrections),
            *((bare_views.VERSION,) if self.spares else ()),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def names() -> list[str]:
    """Return the names that `--head` takes: those of the registry that can serve."""
    return [OWN, *heads.servable()]


def lesson(plugin: Plugin, *, head: str = OWN, seed: int = 0, corrections: float = train.CORRECTIONS) -> Lesson:
    """Return the lesson of a tagger, with its own head or a named one."""
    recipe = plugin.recipe
    if not isinstance(recipe, HeadRecipe):
        raise ConfigError(f"{plugin.name}: its tagger is not made of a head, so that examples cannot teach it")
    if head not in names():
        raise ConfigError(f"there is no head {head!r} that can serve: use {', '.join(names())}")
    given = None if head == OWN else heads.HEADS[head].serves
    weight = recipe.mixture.vectors if given is None else given
    folder = taxonomy.folder(plugin.name, recipe.taxonomies)
    return Lesson(plugin, folder, replace(recipe.mixture, vectors=weight), head, seed, corrections)


def candidate(
    wanted: Lesson,
    snapshot: Snapshot,
    root: Path,
    *,
    key: str,
    vectors: Vectors | Own | None,
    told: Mapping[str, Any],  # any JSON: what the manifest tells beside
    now: datetime,
) -> Artifact:
    """Teach the head and keep it; the same lesson and snapshot give the same artifact."""
    base = vectors.artifact if isinstance(vectors, Vectors) else None
    own = vectors if isinstance(vectors, Own) else None
    labels, given = wanted.taxonomy, calibration.read(wanted.folder)
    taught = train.teach(
        labels,
        snapshot.examples,
        wanted.mixture,
        seed=wanted.seed,
        encoder=vectors.encoder if vectors else None,
        convention=bundle.convention(wanted.folder),
        calibration=given,
        corrections=wanted.corrections,
    )
    if wanted.spares:
        taught = bare_views.beside(
            taught, labels, snapshot.examples, seed=wanted.seed, calibration=given, corrections=wanted.corrections
        )
    manifest = head.describe(taught, wanted.plugin.name, data=key, seed=wanted.seed, encoder=base, created=now)
    if own is not None:
        manifest = replace(manifest, base_model=own.base, extra={**manifest.extra, own_encoder.EXTRA: dict(own.told)})
    beside = {"head": wanted.head, "examples": dict(snapshot.counts), "labels": snapshot.labels, **told}
    told_all = replace(manifest, extra={**manifest.extra, **beside})
    return head.write(root, taught, wanted.folder, manifest=told_all, own=own)
