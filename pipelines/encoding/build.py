"""Build the int8 form of a sentence model once for an installation; workers only load it."""

import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import structlog

from metier.errors import ArtifactDamaged, ConfigError
from pipelines import artifact, installation_lock
from pipelines.artifact import Artifact, Manifest
from pipelines.encoding import encoder, onnx_balance, onnx_bert
from pipelines.encoding import source as encoder_source
from pipelines.encoding.encoder import Encoder
from pipelines.encoding.source import Source

NAME = "encoder"
# raise it when the files written here change, so that installations build anew
FORM = "int8-2"
MEAN, MINIMUM = 0.99, 0.98
SAMPLES = Path(__file__).with_name("samples.jsonl")
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Form:
    """A quick form that was accepted: how long its vectors are, and how well they agree with the exact ones."""

    dimension: int
    agreement: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How alike the vectors of two forms of a model are, as cosines over sample texts."""

    mean: float
    minimum: float


def build(
    root: Path, *, model: str = encoder_source.BUNDLED, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Artifact:
    """Return the encoder artifact of this model, building it if this installation has none yet.

    `model` is "bundled", a folder, or the name of a hub model, which alone is ever downloaded.
    """
    with installation_lock.held(root / f".{NAME}.lock"):
        source = encoder_source.find(model, cache=root)
        found = _built(root, source) or _build(root, source, clock())
        artifact.set_bundled(root, NAME, found.digest)
        return found


def agreement(exact: Encoder, quick: Encoder, texts: Sequence[str]) -> Agreement:
    """Compare the vectors of two forms, text by text."""
    cosines = np.sum(exact.encode(texts) * quick.encode(texts), axis=1)
    return Agreement(float(cosines.mean()), float(cosines.min()))


def write_quick(source: Source, quick: Path) -> Form:
    """Write the int8 form of a sentence model into a new folder, or refuse it where it strays from the exact one."""
    with tempfile.TemporaryDirectory(dir=quick.parent, prefix=".exact-") as workplace, _quiet():
        exact = Path(workplace, "exact")
        exact.mkdir()
        quick.mkdir()
        dimension = _write_graph(source, exact / encoder.MODEL)
        for folder in (exact, quick):
            shutil.copyfile(source.folder / encoder.TOKENIZER, folder / encoder.TOKENIZER)
        balanced = Path(workplace, encoder.MODEL)
        reader = encoder.Reader(exact, tokens=source.tokens, prefix=source.prefix)
        rows = [ids for texts in samples().values() for ids in reader.read(texts)]
        onnx_balance.balance(exact / encoder.MODEL, balanced, rows)
        _quantise(balanced, quick / encoder.MODEL)
        return Form(dimension, _gate(exact, quick, source=source, dimension=dimension))


def samples() -> dict[str, list[str]]:
    """Return the sample texts by kind: title, posting."""
    found: dict[str, list[str]] = {}
    for line in SAMPLES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found.setdefault(row["kind"], []).append(row["text"])
    return found


def _built(root: Path, source: Source) -> Artifact | None:
    """Return what was built from the same source in the same form, if it is whole."""
    for folder in sorted((root / NAME).glob("[0-9a-f]*")):
        try:
            manifest = artifact.read_manifest(folder)
            if (manifest.extra["form"], manifest.data_digest) == (FORM, source.digest):
                return artifact.verify(folder)
        except (ArtifactDamaged, KeyError) as error:
            log.warning("encoder left aside", folder=str(folder), error=str(error))
    return None


def _build(root: Path, source: Source, now: datetime) -> Artifact:
    log.info("building the encoder", model=source.name)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=root, prefix=".encoder-") as workplace:
        quick = Path(workplace, "quick")
        form = write_quick(source, quick)
        manifest = Manifest(
            name=NAME,
            base_model=source.name,
            data_digest=source.digest,
            seed=0,
            code_version=artifact.code_version(),
            created=now,
            metrics=form.agreement,
            thresholds={"mean": MEAN, "minimum": MINIMUM},
            extra={"form": FORM, "dimension": form.dimension, "tokens": source.tokens, "prefix": source.prefix},
        )
        return artifact.write(root, manifest, lambda folder: _copy(quick, folder))


def _write_graph(source: Source, target: Path) -> int:
    if onnx_bert.fits(source.folder):
        return onnx_bert.write(source.folder, target)
    from pipelines.encoding import onnx_export

    return onnx_export.write(source.folder, target)


def _quantise(exact: Path, quick: Path) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(
        exact,
        quick,
        per_channel=True,
        weight_type=QuantType.QInt8,
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )


def _gate(exact: Path, quick: Path, *, source: Source, dimension: int) -> dict[str, float]:
    """Measure the int8 form against the exact one, and refuse it when they differ too much."""
    forms = [
        encoder.open_model(
            folder, folder.name, dimension=dimension, tokens=source.tokens, prefix=source.prefix, threads=1
        )
        for folder in (exact, quick)
    ]
    metrics: dict[str, float] = {}
    for kind, texts in samples().items():
        found = agreement(forms[0], forms[1], texts)
        metrics |= {f"{kind}_cosine_mean": round(found.mean, 6), f"{kind}_cosine_minimum": round(found.minimum, 6)}
        if not (found.mean >= MEAN and found.minimum >= MINIMUM):
            raise ConfigError(
                f"encoder {source.name}: its int8 form strays from the exact one (cosine over sample {kind}s: mean "
                f"{found.mean:.4f}, minimum {found.minimum:.4f}; needed {MEAN} and {MINIMUM}); "
                "choose another model with METIER_ENCODER"
            )
    return metrics


def _copy(origin: Path, folder: Path) -> None:
    for path in origin.iterdir():
        shutil.copyfile(path, folder / path.name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantiser's advice, which it logs on the root logger, off the screen."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
