"""Artifacts that spare no bare title the encoder, so that the whole road is measured beside what is saved on it."""

import shutil
from dataclasses import replace
from pathlib import Path

from pipelines import artifact, head, serving
from pipelines.artifact import Artifact
from tests.bench.place import Place


def artifacts(place: Place) -> Path:
    """Return a copy of the bench's artifacts in which no view of n-grams alone is ever sure."""
    folder = place.folder / "artifacts-encoded"
    if not folder.exists():
        for name, digest in artifact.bundled(place.artifacts).items():
            found = artifact.find(place.artifacts, name, digest)
            made = found if name == serving.ENCODER else _never_alone(found)
            _put(made, folder)
    return folder


def _never_alone(found: Artifact) -> Artifact:
    numbers = found.manifest.thresholds
    return replace(
        found,
        manifest=replace(
            found.manifest, thresholds={k: 2.0 if k == head.ALONE_SURE else v for k, v in numbers.items()}
        ),
    )


def _put(found: Artifact, root: Path) -> None:
    def fill(draft: Path) -> None:
        shutil.copytree(found.folder, draft, dirs_exist_ok=True, ignore=shutil.ignore_patterns(artifact.MANIFEST))

    made = artifact.write(root, found.manifest, fill)
    artifact.set_bundled(root, made.name, made.digest)
