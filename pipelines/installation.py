"""Make what serving needs from what the repository brings: the encoder and one artifact a tagger, once."""

import os
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from metier.errors import ArtifactDamaged, ConfigError
from pipelines import artifact, installation_lock
from pipelines.artifact import Artifact
from pipelines.encoding import build as encoder_build
from pipelines.encoding import encoder as encoders
from pipelines.encoding import source
from pipelines.recipe import Vectors
from pipelines.taggers import Plugin, registry


def build(
    root: Path,
    *,
    encoder: str = source.BUNDLED,
    progress: Callable[[str], None] = lambda line: None,
    plugins: Iterable[Plugin] | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> dict[str, str]:
    """Make whatever is missing, damaged or out of date and return name → digest; other builders wait meanwhile."""
    with installation_lock.held(root / ".installation.lock"):
        if encoder_build.NAME not in artifact.bundled(root):
            progress("encoder: making its quick form")
        base = encoder_build.build(root, model=encoder, clock=clock)
        for plugin in registry().values() if plugins is None else plugins:
            if _made(root, plugin, base) is None:
                progress(f"{plugin.name}: learning from the bundled examples")
                made = _make(root, plugin, base, clock())
                artifact.set_bundled(root, plugin.name, made.digest)
        return artifact.bundled(root)


def _made(root: Path, plugin: Plugin, base: Artifact) -> Artifact | None:
    """Return the artifact that is there, if it is sound and made from what is here now."""
    digest = artifact.bundled(root).get(plugin.name)
    if digest is None:
        return None
    try:
        found = artifact.find(root, plugin.name, digest)
    except ArtifactDamaged:
        return None
    wanted = base.digest if plugin.recipe.reads_vectors else ""
    same = (found.manifest.data_digest, found.manifest.extra.get("encoder")) == (plugin.recipe.key(plugin.name), wanted)
    return found if same else None


def _make(root: Path, plugin: Plugin, base: Artifact, now: datetime) -> Artifact:
    try:
        import scipy  # noqa: F401  only building needs it
    except ImportError as error:
        raise ConfigError("what builds artifacts is not installed: pip install 'metier[build]'") from error
    vectors = None
    if plugin.recipe.reads_vectors:
        vectors = Vectors(base, encoders.load(base.folder, threads=os.cpu_count() or 1))
    return plugin.recipe.make(plugin.name, root, vectors=vectors, now=now)
