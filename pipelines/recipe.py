"""How a tagger's artifact is made from what the repository brings; the installation follows it once."""

import hashlib
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipelines import bare_views, bundle, calibration, head, taxonomy, train
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.tagger import Encodes


@dataclass(frozen=True, slots=True)
class Vectors:
    """An encoder that is at hand, and the artifact that it was loaded from."""

    artifact: Artifact
    encoder: Encodes


class Recipe(Protocol):
    """Makes the artifact of one tagger."""

    @property
    def reads_vectors(self) -> bool:
        """Say whether an encoder is needed, to make it and to serve it."""

    def key(self, name: str) -> str:
        """Return a digest of all that goes in, so that nothing is made twice."""

    def make(self, name: str, root: Path, *, vectors: Vectors | None, now: datetime) -> Artifact:
        """Make the artifact of this taxonomy."""


@dataclass(frozen=True, slots=True)
class HeadRecipe:
    """A head taught with the bundled examples of its taxonomy."""

    mixture: Mixture
    seed: int = 0
    taxonomies: Path = taxonomy.BUNDLED

    @property
    def reads_vectors(self) -> bool:
        """Say whether an encoder is needed."""
        return self.mixture.vectors > 0

    def key(self, name: str) -> str:
        """Return a digest of data, mixture, seed and the versions of the code that teaches."""
        data = bundle.digest(taxonomy.folder(name, self.taxonomies))
        parts = (data, astuple(self.mixture), self.seed, head.FORM, train.VERSION)
        before = (bare_views.VERSION,) if self.reads_vectors else ()
        return hashlib.sha256(repr((*parts, *before)).encode()).hexdigest()

    def make(self, name: str, root: Path, *, vectors: Vectors | None, now: datetime) -> Artifact:
        """Teach the head and keep it."""
        folder = taxonomy.folder(name, self.taxonomies)
        labels, examples, given = taxonomy.read(folder), bundle.examples(folder), calibration.read(folder)
        taught = train.teach(
            labels,
            examples,
            self.mixture,
            seed=self.seed,
            encoder=vectors.encoder if vectors else None,
            convention=bundle.convention(folder),
            calibration=given,
        )
        taught = bare_views.beside(taught, labels, examples, seed=self.seed, calibration=given)
        base = vectors.artifact if vectors else None
        manifest = head.describe(taught, name, data=self.key(name), seed=self.seed, encoder=base, created=now)
        return head.write(root, taught, folder, manifest=manifest)
