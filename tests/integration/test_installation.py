"""An installation makes what is missing, damaged or out of date, and nothing else."""

from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.types import Text
from pipelines import artifact, head, installation
from pipelines.classify import Mixture
from pipelines.encoding import encoder as encoders
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Batch
from pipelines.taggers import Plugin
from tests.integration import tiny_bert
from tests.unit.test_recipe import ROWS, written


@pytest.fixture
def model(tmp_path: Path) -> str:
    return str(tiny_bert.make(tmp_path / "model"))


@pytest.fixture
def plugins(tmp_path: Path) -> list[Plugin]:
    taxonomies = written(tmp_path, ["text,code,language", *ROWS]).taxonomies
    return [Plugin("kind", HeadRecipe(Mixture(vectors=1.0), taxonomies=taxonomies), head.load)]


def built(root: Path, model: str, plugins: list[Plugin]) -> list[str]:
    """Build and return what was said meanwhile."""
    said: list[str] = []
    installation.build(root, encoder=model, progress=said.append, plugins=plugins)
    return said


def test_the_first_time_everything_is_made_and_then_nothing(tmp_path: Path, model: str, plugins: list[Plugin]) -> None:
    root = tmp_path / "artifacts"
    assert [line.split(":")[0] for line in built(root, model, plugins)] == ["encoder", "kind"]
    before = artifact.bundled(root)
    assert built(root, model, plugins) == []
    assert artifact.bundled(root) == before
    assert before.keys() == {"encoder", "kind"}


def test_a_head_taught_with_vectors_tags_with_the_same_encoder(
    tmp_path: Path, model: str, plugins: list[Plugin]
) -> None:
    root = tmp_path / "artifacts"
    built(root, model, plugins)
    digests = artifact.bundled(root)
    found = artifact.find(root, "kind", digests["kind"])
    assert found.manifest.extra["encoder"] == digests["encoder"]
    encoder = encoders.load(artifact.folder_of(root, "encoder", digests["encoder"]), threads=1)
    assert head.load(found).tag(Batch([Text("night nurse")], encoder=encoder))[0][0].code == "care"


def test_a_damaged_artifact_is_made_again(tmp_path: Path, model: str, plugins: list[Plugin]) -> None:
    root = tmp_path / "artifacts"
    built(root, model, plugins)
    digest = artifact.bundled(root)["kind"]
    (root / "kind" / digest / head.WEIGHTS).write_bytes(b"broken")
    assert len(built(root, model, plugins)) == 1
    assert artifact.find(root, "kind", artifact.bundled(root)["kind"]).digest == digest


def test_changed_examples_make_another_artifact(tmp_path: Path, model: str, plugins: list[Plugin]) -> None:
    root = tmp_path / "artifacts"
    built(root, model, plugins)
    before = artifact.bundled(root)["kind"]
    with (tmp_path / "taxonomies" / "kind" / "examples.csv").open("a", encoding="utf-8") as file:
        file.write("\nsoftware tester,tech,en")
    built(root, model, plugins)
    assert artifact.bundled(root)["kind"] != before


def test_another_calibration_makes_another_artifact(tmp_path: Path, model: str, plugins: list[Plugin]) -> None:
    root = tmp_path / "artifacts"
    built(root, model, plugins)
    with (tmp_path / "taxonomies" / "kind" / "taxonomy.toml").open("a", encoding="utf-8") as file:
        file.write("\n[calibration]\nsure = 0.65\n")
    assert len(built(root, model, plugins)) == 1
    assert artifact.find(root, "kind", artifact.bundled(root)["kind"]).manifest.thresholds["sure"] == 0.65


def test_another_encoder_teaches_anew_what_reads_its_vectors(tmp_path: Path, model: str, plugins: list[Plugin]) -> None:
    root = tmp_path / "artifacts"
    built(root, model, plugins)
    other = str(tiny_bert.make(tmp_path / "other", pooling="cls"))
    assert any(line.startswith("kind") for line in built(root, other, plugins))


def test_a_label_that_cannot_be_taught_is_named_and_what_was_made_stays(
    tmp_path: Path, model: str, plugins: list[Plugin]
) -> None:
    root = tmp_path / "artifacts"
    (tmp_path / "taxonomies" / "kind" / "examples.csv").write_text("text,code\nnurse,care\ncarer,care", "utf-8")
    with pytest.raises(ConfigError, match="two examples of 'tech'"):
        built(root, model, plugins)
    assert artifact.bundled(root).keys() == {"encoder"}
