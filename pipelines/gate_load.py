"""Load an artifact as the gate needs it: verified, with the encoder that it was taught with."""

from dataclasses import dataclass
from pathlib import Path

from metier.errors import ArtifactDamaged
from pipelines import artifact, serving
from pipelines.artifact import Artifact
from pipelines.encoding import encoder
from pipelines.tagger import Encodes, Tagger
from pipelines.taggers import Plugin


@dataclass(frozen=True, slots=True)
class Loaded:
    """An artifact that answers, and its encoder where it needs one."""

    artifact: Artifact
    tagger: Tagger
    encoder: Encodes | None


def load(root: Path, plugin: Plugin, digest: str, *, threads: int) -> Loaded:
    """Verify and load an artifact; a flipped bit raises ArtifactDamaged before anything is parsed."""
    found = artifact.find(root, plugin.name, digest)
    base = str(found.manifest.extra.get("encoder") or "")
    vectors = None
    if base:
        vectors = encoder.load(artifact.find(root, serving.ENCODER, base).folder, threads=threads)
    try:
        tagger = plugin.load(found)
    except (ValueError, KeyError, OSError) as error:
        raise ArtifactDamaged(f"{found.folder}: does not load ({type(error).__name__}): train it again") from error
    return Loaded(found, tagger, vectors)
