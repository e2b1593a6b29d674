"""Another customer's convention is a folder: begun, looked over, built, tagged with, measured and explained."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.integration import test_tag_command
from tests.integration.test_tag_command import TITLES

metier, environment, artifacts = test_tag_command.metier, test_tag_command.environment, test_tag_command.artifacts

Run = Callable[..., CompletedProcess[str]]
LABELLED = "title,ward\nNight Kitchen Porter,kitchen\nCare Home Manager,Care\nOffice Clerk,office\nCook,kitchen|care\n"


@pytest.fixture
def own(tmp_path: Path, artifacts: Path, metier: Run) -> tuple[Run, Path]:
    """Return a command that knows a customer's taxonomy, and its folder; artifacts are a copy of the bundled ones."""
    root = tmp_path / "own"
    begun = metier("taxonomy", "new", "own/ward", "--name", "ward", "--labels", "Care, Kitchen, Office")
    assert begun.returncode == 0, begun.stderr
    shutil.copytree(artifacts, tmp_path / "artifacts")

    def run(*words: str, **more: str) -> CompletedProcess[str]:
        return metier(*words, METIER_TAXONOMIES=str(root), METIER_ARTIFACTS=str(tmp_path / "artifacts"), **more)

    return run, root / "ward"


def test_a_folder_of_ones_own_is_built_tags_and_is_measured(own: tuple[Run, Path], tmp_path: Path) -> None:
    run, _ = own
    built = run("artifacts", "build", "--json")
    assert built.returncode == 0, built.stderr
    assert "ward: learning" in built.stderr
    assert "seniority: learning" not in built.stderr
    (tmp_path / "titles.csv").write_text("title\nHead of Kitchen\nCare Assistant\n")
    tagged = run("tag", "titles.csv", "--taxonomy", "ward", "--top", "1")
    codes = [json.loads(line)["tags"]["ward"][0]["code"] for line in tagged.stdout.splitlines()]
    assert codes == ["kitchen", "care"]
    (tmp_path / "labelled.csv").write_text(LABELLED)
    measured = run("evaluate", "ward", "labelled.csv", "--json", "--draws", "20")
    assert measured.returncode == 0, measured.stderr
    found = json.loads(measured.stdout)
    assert (found["taxonomy"], found["rows"], found["seen"]) == ("ward", 4, 0)
    assert found["overall"]["accuracy"]["value"] >= 0.75
    told = run("taxonomy", "explain", "ward", "Head of Kitchen", "--json")
    explained = json.loads(told.stdout)
    assert explained["answer"]["code"] == "kitchen"
    assert explained["said"]["rule"] == "lexicon: kitchen"
    assert explained["near"][0]["code"] == "kitchen"


def test_the_bundled_taggers_explain_themselves_too(metier: Run) -> None:
    told = metier("taxonomy", "explain", "seniority", "Senior Buyer", "--json")
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout)["answer"]["code"] == "senior"
    for title, read in (("Finance Officer", "n-grams"), ("Zyx", "n-grams and vector")):
        told = metier("taxonomy", "explain", "career", title, "--json")
        assert told.returncode == 0, told.stderr
        assert json.loads(told.stdout)["answer"]["read"] == read


def test_without_the_setting_nobody_knows_it(own: tuple[Run, Path], metier: Run) -> None:
    listed = json.loads(own[0]("taxonomy", "list", "--json").stdout)
    assert {row["name"] for row in listed} == {"career", "department", "seniority", "ward"}
    assert {row["name"] for row in json.loads(metier("taxonomy", "list", "--json").stdout)} == {
        *("career", "department", "seniority"),
    }
    refused = metier("tag", "titles.csv", "--taxonomy", "ward")
    assert refused.returncode == 2
    assert "choose from career, department, seniority" in refused.stderr


def test_one_of_the_same_name_goes_before_the_bundled(own: tuple[Run, Path], tmp_path: Path) -> None:
    run, ward = own
    career = ward.parent / "career"
    shutil.copytree(ward, career)
    for path in career.iterdir():
        path.write_text(path.read_text("utf-8").replace('"ward"', '"career"').replace(",ward", ",career"), "utf-8")
    assert run("artifacts", "build").returncode == 0
    (tmp_path / "titles.csv").write_text("title\nHead of Kitchen\n")
    tagged = run("tag", "titles.csv", "--taxonomy", "career", "--top", "1")
    assert json.loads(tagged.stdout)["tags"]["career"][0]["code"] == "kitchen"


def test_before_it_is_built_the_convention_alone_explains(own: tuple[Run, Path]) -> None:
    told = own[0]("taxonomy", "explain", "ward", "Head of Kitchen")
    assert told.returncode == 0, told.stderr
    assert "no artifact serves yet" in told.stderr
    assert "lexicon: kitchen" in told.stdout


def test_a_folder_is_looked_over(own: tuple[Run, Path], tmp_path: Path) -> None:
    run, ward = own
    (tmp_path / "titles.csv").write_text("title\nHead of Kitchen\nCare Assistant\nPorter\nPilot\n")
    sound = run("taxonomy", "check", str(ward), "titles.csv", "--strict", "--json")
    found = json.loads(sound.stdout)
    assert (sound.returncode, found["coverage"], found["conflicts"]) == (0, 0.5, [])
    with (ward / "lexicon.csv").open("a") as lexicon:
        lexicon.write("\nkitchen,prefix,,office,0.9,5,,\n")
    torn = run("taxonomy", "check", str(ward), "--strict")
    assert torn.returncode == 1
    assert "speaks for office" in torn.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("taxonomy", "check", "nowhere"), "unknown taxonomy"),
        (("taxonomy", "show", "nothing"), "unknown taxonomy"),
        (("taxonomy", "new", "own/x", "--name", "y", "--labels", "A, B"), "must be the name"),
        (("evaluate", "seniority", "in.csv"), "--column label=NAME"),
        (("evaluate", "nothing", "in.csv"), "unknown taxonomy"),
        (("evaluate", "seniority", "in.csv", "--html", "no/such/page.html"), "--html"),
        (("leaderboard", "seniority", "--test", "in.csv", "--head", "oracle"), "choose from"),
    ],
)
def test_wrong_use_says_the_remedy(metier: Run, tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "in.csv").write_text(TITLES)
    ran = metier(*words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert said in ran.stderr


def test_a_setting_that_leads_nowhere_is_said(metier: Run) -> None:
    ran = metier("taxonomy", "list", METIER_TAXONOMIES="nowhere")
    assert ran.returncode == 1
    assert "METIER_TAXONOMIES=nowhere: there is no such folder" in ran.stderr
