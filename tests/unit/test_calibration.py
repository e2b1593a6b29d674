"""The section [calibration] goes before training, reaches the manifest, and says what of it is wrong."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.types import Text
from pipelines import artifact, calibration, head, taxonomy
from pipelines.calibration import Calibration
from pipelines.classify import Head, Mixture
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Batch
from tests.unit.test_recipe import ROWS, TAXONOMY, written

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECTION = "[calibration]\nrules = 7\ntemperature = 2.5\nbias = { tech = 3 }\nsure = 0.9\n"


def a_recipe(path: Path, section: str) -> HeadRecipe:
    recipe = written(path, ["text,code,language", *ROWS])
    (recipe.taxonomies / "kind" / taxonomy.FILE).write_text(TAXONOMY + section, "utf-8")
    return recipe


def a_head(path: Path, section: str) -> Head:
    made = a_recipe(path, section).make("kind", path / "artifacts", vectors=None, now=NOW)
    return head.load(artifact.verify(made.folder))


def test_the_numbers_given_are_those_of_the_artifact(tmp_path: Path) -> None:
    wanted = Mixture(rules=7.0, temperature=2.5, sure=0.9, bias={"tech": 3.0})
    assert a_head(tmp_path, SECTION).mixture == wanted


def test_the_manifest_holds_plain_numbers_only(tmp_path: Path) -> None:
    manifest = a_recipe(tmp_path, SECTION).make("kind", tmp_path / "artifacts", vectors=None, now=NOW).manifest
    assert manifest.thresholds["bias.tech"] == 3
    assert all(isinstance(number, float) for number in manifest.thresholds.values())


def test_a_bias_speaks_for_its_label_before_a_word_is_read(tmp_path: Path) -> None:
    found = {
        name: a_head(tmp_path / name, section).tag(Batch([Text("something else")]))[0]
        for name, section in (("plain", "[calibration]\ntemperature = 1\n"), ("shifted", SECTION))
    }
    scores = {name: {tag.code: tag.score for tag in tags}["tech"] for name, tags in found.items()}
    assert scores["shifted"] > scores["plain"] + 0.1


def test_what_is_not_given_is_fitted(tmp_path: Path) -> None:
    plain = a_head(tmp_path / "plain", "").mixture
    part = a_head(tmp_path / "part", "[calibration]\nsure = 0.77\n").mixture
    assert (part.sure, part.temperature, part.rules) == (0.77, plain.temperature, plain.rules)


def test_another_number_is_another_artifact(tmp_path: Path) -> None:
    recipe = a_recipe(tmp_path, SECTION)
    before = recipe.key("kind")
    file = recipe.taxonomies / "kind" / taxonomy.FILE
    file.write_text(file.read_text("utf-8").replace("0.9", "0.8"), "utf-8")
    assert recipe.key("kind") != before


def test_a_taxonomy_without_the_section_gives_nothing(tmp_path: Path) -> None:
    assert calibration.read(a_recipe(tmp_path, "").taxonomies / "kind") == Calibration()


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("[calibration]\nweight = 3", r"line 11: 'weight' is no part of \[calibration\]; use rules, temperature"),
        ("[calibration]\ntemperature = 0", r"temperature: 0 does not fit; write a number from 0.05 to 100"),
        ("[calibration]\ntemperature = nan", r"temperature: nan does not fit"),
        ("[calibration]\nsure = 1.1", r"sure: 1.1 does not fit; write a number from 0 to 1"),
        ("[calibration]\nsure = true", r"sure: True does not fit"),
        ('[calibration]\nrules = "many"', r"rules: 'many' does not fit"),
        ("[calibration]\nbias = 2", r"bias is no table; write bias = "),
        ("[calibration]\nbias = { cooking = 2 }", r"bias: 'cooking' is no label; use one of care, tech"),
        ("[calibration]\nbias = { tech = inf }", r"bias: tech: inf does not fit"),
        ("[[calibration]]\nrules = 2", r"calibration is no table"),
    ],
)
def test_a_wrong_section_is_named_with_the_remedy(tmp_path: Path, section: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        calibration.read(a_recipe(tmp_path, section).taxonomies / "kind")
