"""The bundled encoder serves without torch, keeps the order of its input and takes any text."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from metier.errors import ArtifactDamaged, ConfigError
from pipelines import artifact
from pipelines.artifact import Artifact
from pipelines.encoding import build, encoder
from pipelines.encoding.encoder import Encoder
from tests.integration import tiny_bert

ODD = ["", " ", "\x00", "\ud800", "a\udfffb", "👩\u200d🚀", "\u202eevil", "é" * 100_000, "x" * 1_000_000, "\n" * 50_000]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Artifact:
    return build.build(tmp_path_factory.mktemp("artifacts"), model="bundled")


@pytest.fixture(scope="module")
def served(bundled: Artifact) -> Encoder:
    return encoder.load(bundled.folder, threads=1)


def test_the_bundled_form_is_as_good_as_its_gate_asks(bundled: Artifact) -> None:
    metrics = bundled.manifest.metrics
    assert min(metrics["title_cosine_mean"], metrics["posting_cosine_mean"]) >= 0.99
    assert min(metrics["title_cosine_minimum"], metrics["posting_cosine_minimum"]) >= 0.98
    assert (bundled.folder / encoder.MODEL).stat().st_size < 30_000_000


def test_rows_come_in_the_order_of_the_texts_and_have_length_one(served: Encoder) -> None:
    texts = [text for some in build.samples().values() for text in some]
    vectors = served.encode(texts)
    backwards = served.encode(texts[::-1])[::-1]
    assert vectors.shape == (80, served.dimension) == (80, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.sum(vectors * backwards, axis=1).min() > 0.98
    assert np.array_equal(np.argmax(vectors @ backwards.T, axis=1), np.arange(80))


def test_no_text_is_no_row(served: Encoder) -> None:
    assert served.encode([]).shape == (0, 384)


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_have_a_vector_as_any_other(served: Encoder, text: str) -> None:
    vectors = served.encode(["Nurse", text])
    assert np.isfinite(vectors).all()
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_titles_that_mean_the_same_are_near(served: Encoder) -> None:
    nurse, nursing, driver = served.encode(["Registered nurse", "Nursing professional", "Truck driver"])
    assert nurse @ nursing > nurse @ driver + 0.2


def test_serving_imports_neither_torch_nor_transformers(bundled: Artifact) -> None:
    script = (
        "import sys; from pathlib import Path; from pipelines.encoding import encoder; early = set(sys.modules);"
        "encoder.load(Path(sys.argv[1]), threads=1).encode(['Nurse']);"
        "print(sorted({'torch', 'transformers', 'sentence_transformers', 'onnx', 'sklearn'} & set(sys.modules)),"
        "sorted({'onnxruntime', 'tokenizers'} & early))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(bundled.folder)], capture_output=True, text=True, check=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("[] []\n", "")


def test_one_thread_is_one_busy_core(served: Encoder) -> None:
    before = psutil.Process().num_threads()
    served.encode(build.samples()["title"])
    assert psutil.Process().num_threads() <= before


def test_a_damaged_encoder_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    built = build.build(tmp_path / "artifacts", model=str(tiny_bert.make(tmp_path / "tiny")))
    weights = built.folder / encoder.MODEL
    content = bytearray(weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ArtifactDamaged, match=r"model.onnx.*metier artifacts build"):
        encoder.load(built.folder, threads=1)


def test_an_artifact_of_another_kind_is_no_encoder(tmp_path: Path, bundled: Artifact) -> None:
    manifest = artifact.Manifest(
        name="seniority", base_model="none", data_digest="", seed=0, code_version="1", created=bundled.manifest.created
    )
    other = artifact.write(tmp_path, manifest, lambda folder: None)
    with pytest.raises(ConfigError, match="is no encoder"):
        encoder.load(other.folder, threads=1)
