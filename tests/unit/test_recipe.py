"""A head goes from a taxonomy folder to an artifact and back, and is made again only when something changed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.types import Text
from pipelines import artifact, bundle, head
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Batch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TAXONOMY = """
name = "kind"
version = "1"
kind = "flat"
[[labels]]
code = "care"
name = "Care"
[[labels]]
code = "tech"
name = "Tech"
"""
ROWS = [
    "nurse,care,en",
    "night nurse,care,en",
    "carer,care,en",
    "developer,tech,en",
    "web developer,tech,en",
    "coder,tech,en",
]


@pytest.fixture
def recipe(tmp_path: Path) -> HeadRecipe:
    return written(tmp_path, ["text,code,language", *ROWS])


def written(tmp_path: Path, rows: Sequence[str]) -> HeadRecipe:
    """Write a taxonomy that is taught by a table and return its recipe."""
    folder = tmp_path / "taxonomies" / "kind"
    folder.mkdir(parents=True)
    (folder / "taxonomy.toml").write_text(TAXONOMY, "utf-8")
    (folder / bundle.EXAMPLES).write_text("\n".join(rows), "utf-8")
    return HeadRecipe(Mixture(), taxonomies=tmp_path / "taxonomies")


def test_a_head_survives_the_way_through_its_artifact(recipe: HeadRecipe, tmp_path: Path) -> None:
    made = recipe.make("kind", tmp_path / "artifacts", vectors=None, now=NOW)
    tagger = head.load(artifact.verify(made.folder))
    answers = tagger.tag(Batch([Text("Night Nurse (m/w/d)"), Text("Web Developer")]))
    assert [tags[0].code for tags in answers] == ["care", "tech"]
    assert tagger.artifact == f"kind@{made.digest[:12]}"


def test_the_same_data_make_the_same_artifact(recipe: HeadRecipe, tmp_path: Path) -> None:
    made = [recipe.make("kind", tmp_path / name, vectors=None, now=NOW) for name in ("one", "two")]
    assert made[0].digest == made[1].digest


def test_the_manifest_says_from_what_and_how_it_was_made(recipe: HeadRecipe, tmp_path: Path) -> None:
    manifest = recipe.make("kind", tmp_path / "artifacts", vectors=None, now=NOW).manifest
    assert manifest.data_digest == recipe.key("kind")
    assert manifest.thresholds.keys() >= {"sure", "temperature", "rules", "doubt"}
    assert manifest.base_model == "n-grams"


def test_a_changed_example_changes_the_key_and_a_readme_does_not(recipe: HeadRecipe, tmp_path: Path) -> None:
    before = recipe.key("kind")
    folder = tmp_path / "taxonomies" / "kind"
    (folder / "README.md").write_text("words")
    assert recipe.key("kind") == before
    (folder / bundle.EXAMPLES).write_text("\n".join(["text,code,language", *ROWS, "tester,tech,en"]))
    assert recipe.key("kind") != before


def test_an_artifact_of_another_form_is_refused(recipe: HeadRecipe, tmp_path: Path) -> None:
    made = recipe.make("kind", tmp_path / "artifacts", vectors=None, now=NOW)
    older = artifact.Artifact(
        made.name, made.digest, made.folder, artifact.Manifest(
            name="kind", base_model="", data_digest="", seed=0, code_version="", created=NOW, extra={"form": "head-0"}
        ),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="metier artifacts build"):
        head.load(older)


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["text,label", "nurse,care"], "the column 'code' is missing"),
        (["text,code,language", "nurse,caring,en"], "line 2: 'caring' is no code of kind"),
        (["text,code,language"], "nothing to learn from"),
        (["text,code,language", "nurse,care,en", ",care,en"], "line 3: the text is empty"),
    ],
)
def test_a_bad_table_of_examples_is_named_with_its_line(tmp_path: Path, rows: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        bundle.examples(written(tmp_path, rows).taxonomies / "kind")


def test_the_lists_that_examples_are_made_from_stay_out_of_the_artifact(recipe: HeadRecipe, tmp_path: Path) -> None:
    folder = recipe.taxonomies / "kind"
    rule = '[default]\ncode = "care"\nconfidence = 0.4\n'
    extra = rule + '[examples]\nroles = ["../away/*.csv"]\n[examples.crossing]\nby = "kind"\n'
    (folder / "taxonomy.toml").write_text(TAXONOMY + extra, "utf-8")
    bundle.copy(folder, tmp_path / "kind")
    copied = (tmp_path / "kind" / "taxonomy.toml").read_text("utf-8")
    assert "away" not in copied
    assert "crossing" not in copied
    assert "confidence = 0.4" in copied
    assert bundle.convention(tmp_path / "kind") is not None
