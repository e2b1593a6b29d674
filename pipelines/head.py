"""A head as an artifact: weights as safetensors, the mixture in the manifest, a copy of taxonomy and convention."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Taxonomy
from pipelines import artifact, bundle, ngrams, seen, taxonomy, text
from pipelines.artifact import Artifact, Manifest
from pipelines.classify import Head, Lone, Mixture, Weights
from pipelines.encoding import own as own_encoder
from pipelines.encoding.own import Own
from pipelines.ngrams import Floats
from pipelines.train import Taught

FORM = f"head-3 text-{text.VERSION} ngrams-{ngrams.VERSION}"
WEIGHTS = "head.safetensors"

_BIAS = "bias."  # before a code: the numbers of a manifest lie flat
_LONE, _FIRST, _REST = "lone.", "first.", "rest."  # before what belongs to the view of n-grams alone
ALONE_SURE = f"{_FIRST}sure"  # among the numbers of a manifest: the score from which n-grams alone decide


def write(root: Path, taught: Taught, folder: Path, *, manifest: Manifest, own: Own | None = None) -> Artifact:
    """Keep what was taught of the taxonomy in this folder; the manifest says from what and when."""
    from safetensors.numpy import save_file

    labels = taxonomy.read(folder)
    found = taught.weights
    tensors: dict[str, NDArray[Any]] = {"grams": found.grams.astype(np.float16), "bias": found.bias}  # any dtype
    if found.vectors is not None:
        tensors["vectors"] = found.vectors
    if taught.lone is not None:
        alone = taught.lone.weights
        tensors |= {f"{_LONE}grams": alone.grams.astype(np.float16), f"{_LONE}bias": alone.bias}

    def fill(draft: Path) -> None:
        save_file(tensors, draft / WEIGHTS)
        seen.write(draft, taught.titles)
        bundle.copy(folder, draft / labels.name)
        if own is not None:
            own.copy(draft)

    return artifact.write(root, manifest, fill)


def describe(
    taught: Taught, name: str, *, data: str, seed: int, encoder: Artifact | None, created: datetime
) -> Manifest:
    """Return the manifest of a head."""
    return Manifest(
        name=name,
        base_model=f"{encoder.manifest.base_model}@{encoder.digest[:12]}" if encoder else "n-grams",
        data_digest=data,
        seed=seed,
        code_version=artifact.code_version(),
        created=created,
        metrics=taught.metrics,
        thresholds=_numbers(taught),
        extra={"form": FORM, "encoder": encoder.digest if encoder else ""},
    )


def load(found: Artifact) -> Head:
    """Return the tagger of a verified artifact."""
    from safetensors.numpy import load_file

    if found.manifest.extra.get("form") != FORM:
        raise ConfigError(f"{found.folder}: made by another version of Metier: run `metier artifacts build`")
    folder = found.folder / found.name
    tensors = load_file(found.folder / WEIGHTS)
    labels = taxonomy.read(folder)
    grams = _grams(tensors["grams"], labels, found)
    lone = None
    if f"{_LONE}grams" in tensors:
        alone = Weights(_grams(tensors[f"{_LONE}grams"], labels, found), tensors[f"{_LONE}bias"])
        first, rest = (_mixture(_under(found.manifest.thresholds, prefix)) for prefix in (_FIRST, _REST))
        lone = Lone(alone, first, rest)
    return Head(
        taxonomy=labels,
        artifact=f"{found.name}@{found.digest[:12]}",
        weights=Weights(grams, tensors["bias"], tensors.get("vectors")),
        mixture=_mixture(_whole(found.manifest.thresholds)),
        convention=bundle.convention(folder),
        encoder=own_encoder.load(found.folder, found.manifest.extra),
        lone=lone,
    )


def _grams(table: NDArray[Any], labels: Taxonomy, found: Artifact) -> Floats:  # any dtype
    if table.shape != (ngrams.BUCKETS, len(labels.labels) + 1):
        raise ConfigError(f"{found.folder}: its weights do not fit its labels: run `metier artifacts build`")
    return table.astype(np.float32)


def _numbers(taught: Taught) -> dict[str, float]:
    found = _flat(taught.mixture)
    if taught.lone is not None:
        for prefix, mixture in ((_FIRST, taught.lone.first), (_REST, taught.lone.rest)):
            found |= {f"{prefix}{key}": number for key, number in _flat(mixture).items()}
    return found


def _under(thresholds: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {key.removeprefix(prefix): number for key, number in thresholds.items() if key.startswith(prefix)}


def _whole(thresholds: Mapping[str, float]) -> dict[str, float]:
    return {key: number for key, number in thresholds.items() if not key.startswith((_FIRST, _REST))}


def _flat(mixture: Mixture) -> dict[str, float]:
    numbers = asdict(mixture)
    bias = numbers.pop("bias")
    return {**numbers, **{f"{_BIAS}{code}": shift for code, shift in bias.items()}}


def _mixture(thresholds: Mapping[str, float]) -> Mixture:
    plain = {key: value for key, value in thresholds.items() if not key.startswith(_BIAS)}
    bias = {key.removeprefix(_BIAS): value for key, value in thresholds.items() if key.startswith(_BIAS)}
    return Mixture(**plain, bias=bias)
