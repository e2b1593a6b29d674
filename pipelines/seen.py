"""Which titles taught an artifact: a number for each lies in it, so that a measurement can tell who has been seen."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipelines.evaluation.evaluate import Flags

FILE = "seen.safetensors"

Marks = NDArray[np.int64]  # 64 bits of a checksum: no title can be read out of it


def marks(titles: Iterable[str]) -> Marks:
    """Return the numbers of normalised titles."""
    found = [blake2b(title.encode("utf-8", "replace"), digest_size=8).digest() for title in titles]
    return np.frombuffer(b"".join(found), dtype="<i8").astype(np.int64)


def write(draft: Path, titles: Iterable[str]) -> None:
    """Keep which normalised titles were learnt from."""
    from safetensors.numpy import save_file

    save_file({"titles": np.unique(marks(titles))}, draft / FILE)


def read(folder: Path) -> Marks | None:
    """Return the numbers that an artifact keeps; none, if it was made before they were kept."""
    from safetensors.numpy import load_file

    return load_file(folder / FILE)["titles"] if (folder / FILE).exists() else None


def among(titles: Sequence[str], known: Marks) -> Flags:
    """Mark the normalised titles that were learnt from."""
    return np.isin(marks(titles), known)
