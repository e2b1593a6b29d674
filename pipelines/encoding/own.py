"""An encoder tuned for one head: it lies in the head's artifact in the form that serves, and needs no torch.

Its files are in the manifest of that artifact like the weights, so that they are verified with them.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metier.settings import settings
from pipelines.encoding import encoder
from pipelines.encoding.encoder import Encoder

FOLDER = "encoder"  # within the artifact
EXTRA = "own_encoder"  # of its manifest

Told = Mapping[str, Any]  # JSON


@dataclass(frozen=True, slots=True)
class Own:
    """A folder with the serving form, what the manifest tells of it, what it was tuned from, and how to ask it."""

    folder: Path
    told: Told
    base: str
    encoder: Encoder

    def copy(self, draft: Path) -> None:
        """Put it into an artifact."""
        shutil.copytree(self.folder, draft / FOLDER)


def load(artifact: Path, extra: Told) -> Encoder | None:
    """Return the encoder that a verified artifact carries; none where it carries none."""
    told = extra.get(EXTRA)
    return opened(artifact / FOLDER, told, name=f"{artifact.parent.name}@{artifact.name[:12]}") if told else None


def opened(folder: Path, told: Told, *, name: str) -> Encoder:
    """Open the serving form in this folder."""
    return encoder.open_model(
        folder,
        name,
        dimension=int(told["dimension"]),
        tokens=int(told["tokens"]),
        prefix=str(told["prefix"]),
        threads=settings().threads,
    )
