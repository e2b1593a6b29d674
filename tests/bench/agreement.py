"""How near the quick form of the encoder is to the exact one; the installation measured it and wrote it down."""

from collections.abc import Mapping
from functools import partial

from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import Place

_KINDS = {"title": "titles", "posting": "postings"}


def run(place: Place) -> Mapping[str, float]:
    """Read the manifest of the encoder that serves."""
    from pipelines import artifact

    digest = artifact.bundled(place.artifacts)["encoder"]
    metrics = artifact.read_manifest(artifact.folder_of(place.artifacts, "encoder", digest)).metrics
    return {f"agreement.{name}": value for name, value in metrics.items()}


def _cosine(best: Best, name: str) -> float:
    return best.least(f"agreement.{name}")


MEASUREMENT = Measurement(
    "agreement",
    run,
    tuple(
        Target(f"{which} cosine of int8 to fp32 on {says}", partial(_cosine, name=f"{kind}_cosine_{which}"),
               at_least=least)
        for kind, says in _KINDS.items()
        for which, least in (("mean", 0.99), ("minimum", 0.98))
    ),
    rounds=1,
)  # fmt: skip
