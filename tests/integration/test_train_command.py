"""Examples come in and go out, a correction becomes one, and a training is queued and cancelled, by command."""

import csv
from pathlib import Path

import pytest

from pipelines.train import CORRECTIONS
from tests.integration.system import Home

ROWS = """title,seniority,department,language
Leiterin Einkauf,Lead,Purchasing,de
leiterin  einkauf (m/w/d),senior,,de
,lead,,
Quatsch,chief,,
***,lead,,
Werkstudent IT,junior,Information Technology,de
=cmd,junior,,
"""


@pytest.fixture
def home(sqlite_database: str, tmp_path: Path) -> Home:
    (tmp_path / "mine.csv").write_text(ROWS, "utf-8")
    return Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database})


def test_good_rows_come_in_and_bad_ones_are_named_with_the_remedy(home: Home) -> None:
    came = home.metier("examples", "import", "mine.csv")
    assert came.returncode == 0
    assert came.stdout.splitlines() == [
        "6 examples: 6 new, 0 known, 3 bad rows",
        "several labels in seniority: Leiterin Einkauf: lead (gold), senior (gold)",
    ]
    assert came.stderr.splitlines() == [
        "line 4: no title; fill the cell or remove the row",
        "line 5: 'chief' is no label of seniority; use one of junior, professional, senior, lead, management, director",
        "line 6: no word is left of the title; fill the cell or remove the row",
    ]
    assert home.answer("examples", "import", "mine.csv")["new"] == 0


def test_what_goes_out_comes_in_again_as_it_was(home: Home, tmp_path: Path) -> None:
    home.metier("examples", "import", "mine.csv", "--origin", "source")
    for name in ("out.csv", "out.jsonl"):
        assert home.metier("examples", "export", name).returncode == 0
        other = Home(tmp_path / name.replace(".", "-"))
        assert other.answer("examples", "import", str(tmp_path / name))["new"] == 6
        assert other.answer("examples", "stats")["counts"] == home.answer("examples", "stats")["counts"]
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        assert "'=cmd" in [row["text"] for row in csv.DictReader(file)]


def test_a_column_label_needs_its_taxonomy(home: Home, tmp_path: Path) -> None:
    (tmp_path / "plain.csv").write_text("text,label\nHead of IT,Lead\n", "utf-8")
    assert "there is no column of labels" in home.metier("examples", "import", "plain.csv").stderr
    assert home.answer("examples", "import", "plain.csv", "--taxonomy", "seniority")["new"] == 1


def test_stats_say_what_the_gate_still_needs(home: Home) -> None:
    home.metier("examples", "import", "mine.csv")
    assert "seniority: 4 to measure with; the gate needs 196 more" in home.metier("examples", "stats").stdout


def test_texts_are_erased_however_they_are_written(home: Home) -> None:
    home.metier("examples", "import", "mine.csv")
    assert home.answer("examples", "erase", "LEITERIN einkauf")["erased"] == 3
    assert home.metier("examples", "erase", "LEITERIN einkauf").returncode == 1


def test_a_correction_is_kept_and_erased_with_all_that_reads_the_same(home: Home, tmp_path: Path) -> None:
    (tmp_path / "cvs.csv").write_text("id,title\n17,Leiterin Einkauf\n", "utf-8")
    home.metier("ingest", "cvs.csv", "--kind", "title")
    home.metier("examples", "import", "mine.csv")
    assert home.answer("correct", "cvs:17", "seniority", "Lead")["code"] == "lead"
    assert home.metier("correct", "cvs:99", "seniority", "Lead").returncode == 1
    assert home.metier("correct", "cvs:17", "seniority", "Boss").returncode == 2
    assert home.answer("erase", "--ref", "cvs:17", "--same-text", "--yes")["examples"] == 4
    assert "Leiterin Einkauf" not in home.metier("examples", "export", "-").stdout


def test_a_training_is_queued_with_its_files_and_can_be_cancelled(home: Home, tmp_path: Path) -> None:
    (tmp_path / "dev.csv").write_text("title\nWerkstudent IT\n", "utf-8")
    asked = home.metier("train", "seniority", "--examples", "mine.csv", "--never", "dev.csv", "--seed", "7")
    assert (asked.returncode, asked.stdout) == (0, "run 1: train seniority, waiting\n")
    assert "nobody trains yet" in asked.stderr
    run = home.answer("runs", "show", "1")["run"]
    assert (run["state"], run["params"]["seed"], run["params"]["files"]) == ("waiting", 7, ["mine.csv"])
    assert run["params"]["corrections"] == CORRECTIONS
    assert home.metier("jobs", "list", "--task", "train").returncode in (0, 2)
    assert home.answer("runs", "cancel", "1")["cancelled"]
    assert [run["state"] for run in home.answer("runs", "list")] == ["cancelled"]
    assert home.metier("runs", "cancel", "1").returncode == 1
    assert home.metier("runs", "show", "2").returncode == 2


@pytest.mark.parametrize(
    "words",
    [
        ("train", "nothing"),
        ("train", "seniority", "--head", "nothing"),
        ("train", "seniority", "--origin", "gold"),
        ("train", "seniority", "--corrections", "0.5"),
        ("train", "seniority", "--examples", "dev.csv"),
    ],
)
def test_what_is_asked_wrongly_is_said_at_once(home: Home, tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "dev.csv").write_text("title\nWerkstudent IT\n", "utf-8")
    ran = home.metier(*words)
    assert ran.returncode in (1, 2)
    assert home.answer("runs", "list") == []
