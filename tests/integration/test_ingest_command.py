"""`metier ingest`: good rows go through, bad ones are named, and doing it again changes nothing."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text

from console.intake import Ear, Intake, take
from metier.errors import Transient
from storage import engine
from tests.integration.system import Home


def test_a_file_is_ingested_once_however_often_it_is_given(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("id,title\n1,Nurse\n2,Driver\n3,Cook\n")
    assert home.answer("ingest", str(file)) == {
        "source": "feed", "rows": 3, "new": 3, "edited": 0, "same": 0, "bad": 0, "broken_off": False,
    }  # fmt: skip
    file.write_text("id,title\n1,Nurse\n2,Bus driver\n3,Cook\n")
    again = home.answer("ingest", str(file))
    assert (again["new"], again["edited"], again["same"]) == (0, 1, 2)
    listed = [(row["ref"], row["revision"], row["state"]) for row in home.answer("jobs", "list")]
    assert listed == [
        ("feed:2", 2, "ready"), ("feed:3", 1, "ready"), ("feed:2", 1, "cancelled"), ("feed:1", 1, "ready"),
    ]  # fmt: skip


def test_bad_rows_are_named_and_the_others_go_through(home: Home) -> None:
    rows = [
        json.dumps({"id": 1, "title": "Nurse", "closing": "9999-12-31T23:59:59-12:00"}),
        json.dumps({"id": 2, "title": ""}),
        json.dumps({"id": 3, "title": "x" * 100_000}),
        json.dumps({"id": 4, "title": "Dri\x00ver"}),
        json.dumps({"id": 5, "title": "Coo\ud800k"}),
        '{"id": 6, "title": "Bak',
        json.dumps({"id": 1, "title": "Head Nurse"}),
        json.dumps({"id": 7, "title": "Baker", "published": "0001-01-01T00:00:00+14:00"}),
    ]
    ran = home.metier("ingest", "-", "--source", "feed", "--lane", "backfill", stdin="\n".join(rows))
    assert ran.returncode == 0, ran.stderr
    assert "5 bad" in ran.stdout
    for line, what in {2: "no title", 3: "100,000 characters", 4: "NUL", 5: "half of a character", 6: "JSON"}.items():
        assert any(f"line {line}:" in said and what in said for said in ran.stderr.splitlines()), (what, ran.stderr)
    assert "stands in line 1 too" in ran.stderr
    assert {row["lane"] for row in home.answer("jobs", "list")} == {"backfill"}
    assert home.answer("status")["totals"]["postings"] == 2


def test_an_id_that_is_none_is_said_a_few_times_and_counted(home: Home) -> None:
    ran = home.metier("ingest", "-", stdin="id,title\n" + "".join(f"7,Nurse {n}\n" for n in range(700)))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("stands in line 2 too") == 20
    assert "… and 679 more rows with an id that stands before" in ran.stderr
    assert "--column id=NAME" in ran.stderr


def test_a_database_that_goes_away_in_the_middle_is_said_with_what_is_saved(
    tmp_path: Path, sqlite_database: str
) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("id,title\n" + "".join(f"{n},Nurse {n}\n" for n in range(1200)))
    connected = engine.create(sqlite_database)
    heard = list[str]().append

    def take_away(rows: int, _share: float | None) -> None:
        if rows == 1000:
            with engine.transaction(connected) as connection:
                connection.execute(text("ALTER TABLE job RENAME TO job_away"))

    with pytest.raises(Transient, match=r"1,000 rows of .*feed.csv are saved; give it again, no row is saved twice"):
        take(connected, Intake(file, "feed"), Ear(heard, heard, take_away))
    with engine.transaction(connected) as connection:
        connection.execute(text("ALTER TABLE job_away RENAME TO job"))
    again = take(connected, Intake(file, "feed"), Ear(heard, heard, lambda _rows, _share: None))
    assert (again.new, again.same) == (200, 1000)
    connected.dispose()


def test_ctrl_c_says_what_is_saved(tmp_path: Path, sqlite_database: str) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("id,title\n" + "".join(f"{n},Nurse {n}\n" for n in range(1200)))
    connected = engine.create(sqlite_database)
    heard: list[str] = []

    def press(_rows: int, _share: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(connected, Intake(file, "feed"), Ear(heard.append, heard.append, press))
    assert "stopped; 500 rows of" in heard[-1]
    connected.dispose()


def test_when_no_row_is_good_the_command_fails(home: Home) -> None:
    assert home.metier("ingest", "-", stdin="id,title\n1,\n").returncode == 1


def test_cv_titles_with_their_own_headers_are_read(home: Home) -> None:
    ran = home.metier("ingest", "-", "--kind", "title", "--column", "title=Funktion", stdin="Funktion\nLeiter\nKoch\n")
    assert ran.returncode == 0, ran.stderr
    assert home.answer("status")["totals"]["titles"] == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere.csv"], "no such file"),
        (["-", "--lane", "slow"], "use live or backfill"),
        (["-", "--source", "a:b"], "without colons"),
        (["-", "--column", "title"], "FIELD=HEADER"),
    ],
)
def test_wrong_use_says_what_is_right(tmp_path: Path, sqlite_database: str, words: list[str], says: str) -> None:
    ran = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database}).metier("ingest", *words, stdin="title\nA\n")
    assert (ran.returncode, says in ran.stderr) == (2, True), ran.stderr


def test_the_first_ingest_makes_the_database_and_says_who_tags(tmp_path: Path) -> None:
    ran = Home(tmp_path / "home").metier("ingest", "-", stdin="title\nNurse\n")
    assert ran.returncode == 0
    assert "made the database" in ran.stderr
    assert "metier up" in ran.stderr
