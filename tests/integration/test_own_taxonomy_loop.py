"""A convention of one's own goes the whole loop: examples, training, gate, tags of workers, roll-back, a lost label."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.installed import artifacts as installed
from tests.integration.system import Home, soon

WORDS = {"care": ("Nurse", "Carer"), "kitchen": ("Cook", "Baker"), "office": ("Clerk", "Typist")}
PLACES = ("Night", "Day", "Senior", "Junior", "Relief", "Deputy", "Trainee")


def labelled(*places: str) -> str:
    """Return a table of titles with their ward; another place makes other titles."""
    rows = [
        f"{place} {word} {side},{code}"
        for code, words in WORDS.items()
        for word in words
        for place in places
        for side in ("North", "South", "West")
    ]
    return "\n".join(["title,ward", *rows, ""])


@pytest.fixture
def home(sqlite_database: str, tmp_path: Path, pytestconfig: pytest.Config) -> Home:
    shutil.copytree(installed(pytestconfig), tmp_path / "artifacts")
    settings = {"METIER_ARTIFACTS": str(tmp_path / "artifacts"), "METIER_GATE_ROWS": "40"}
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database, **settings})
    begun = home.metier("taxonomy", "new", "own/ward", "--name", "ward", "--labels", "Care, Kitchen, Office")
    assert begun.returncode == 0, begun.stderr
    home.settings["METIER_TAXONOMIES"] = str(tmp_path / "own")
    assert home.metier("artifacts", "build").returncode == 0
    return home


def brought(home: Home) -> None:
    """Bring in examples to learn from and to measure with."""
    folder = home.path.parent
    (folder / "gold.csv").write_text(labelled(*PLACES[:4]), "utf-8")
    (folder / "mine.csv").write_text(labelled(*PLACES[4:]), "utf-8")
    assert home.answer("examples", "import", "gold.csv", "--origin", "gold")["new"] == 72
    assert home.answer("examples", "import", "mine.csv", "--origin", "source", "--taxonomy", "ward")["new"] == 54


def given(home: Home, title: str) -> dict[str, object]:
    """Return the ward that the command gives a title."""
    (home.path.parent / "one.csv").write_text(f"title\n{title}\n", "utf-8")
    ran = home.metier("tag", "one.csv", "--taxonomy", "ward", "--top", "1")
    found: dict[str, object] = json.loads(ran.stdout)["tags"]["ward"][0]
    return found


def test_examples_teach_it_the_gate_judges_and_a_roll_back_leads_back(home: Home) -> None:
    brought(home)
    assert "ward: 72 to measure with; the gate can judge" in home.metier("examples", "stats").stdout
    run = home.answer("train", "ward", "--here")
    assert (run["outcome"]["verdict"], run["outcome"]["promoted"]) == ("passed", True), run
    made = f"ward@{run['outcome']['artifact'][:12]}"
    assert run["outcome"]["figures"]["own_candidate"] > run["outcome"]["figures"]["own_champion"]
    assert given(home, "Evening Baker East")["code"] == "kitchen"
    measured = home.answer("evaluate", "ward", "gold.csv", "--draws", "20")
    assert (measured["artifact"], measured["seen"]) == (made, 0)
    assert measured["overall"]["accuracy"]["value"] > 0.9
    serving = home.answer("artifacts", "rollback", "ward", "--reason", "trying")
    assert serving["digest"] != run["outcome"]["artifact"]
    again = home.answer("artifacts", "promote", made)
    assert again["judged"]["judgement"]["outcome"] == "passed"
    assert [move["how"] for move in home.answer("artifacts", "history", "ward")["moves"]] == [
        *("promoted", "rolled back", "promoted", "adopted"),
    ]


def test_workers_tag_with_what_was_taught_and_a_person_may_correct_it(home: Home) -> None:
    brought(home)
    run = home.answer("train", "ward", "--here")
    folder = home.path.parent
    (folder / "cvs.csv").write_text("id,title\n1,Evening Baker East\n2,Evening Typist East\n", "utf-8")
    assert home.metier("ingest", "cvs.csv", "--kind", "title").returncode == 0
    with home.up():
        asked = ("export", "-", "--taxonomy", "ward")
        assert soon(lambda: len(home.metier(*asked).stdout.splitlines()) == 2, within=60)
    told = [json.loads(line) for line in home.metier("export", "-", "--taxonomy", "ward").stdout.splitlines()]
    assert {row["key"]: row["tags"]["ward"][0]["code"] for row in told} == {"1": "kitchen", "2": "office"}
    shown = home.answer("tags", "show", "cvs:1")
    artifacts = {tag["artifact"] for tag in shown["tags"] if tag["taxonomy"] == "ward"}
    assert artifacts == {f"ward@{run['outcome']['artifact'][:12]}"}
    assert home.answer("correct", "cvs:1", "ward", "Office")["code"] == "office"
    assert home.metier("correct", "cvs:1", "ward", "Boiler room").returncode == 2


def test_a_label_that_the_convention_loses_is_said_and_hinders_no_training(home: Home) -> None:
    brought(home)
    for path in (home.path.parent / "own" / "ward").iterdir():
        if path.name == "taxonomy.toml":
            without = re.sub(r'\[\[labels\]\]\ncode = "office".*?\n"""\n', "", path.read_text("utf-8"), flags=re.DOTALL)
            path.write_text(without.replace('"office"', '"care"'), "utf-8")
        elif path.suffix == ".csv":
            lines = path.read_text("utf-8").splitlines()
            path.write_text("\n".join(line for line in lines if "office" not in line.lower()), "utf-8")
    assert home.metier("taxonomy", "check", "own/ward").returncode == 0
    said = home.metier("examples", "stats").stdout
    assert "ward: 42 examples have a label that the taxonomy no longer has (office)" in said
    assert "ward: 48 to measure with" in said
    assert home.metier("artifacts", "build").returncode == 0
    run = home.answer("train", "ward", "--here")
    assert run["state"] == "done", run
    assert run["outcome"]["examples"]["of_labels_that_are_gone"] == 18
    assert run["outcome"]["figures"]["own_rows"] == 48
