"""What people see of fields and near-duplicates: in the export, of a job, in a list of their own, in the status."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from metier.types import Posting
from storage.engine import Engine
from tests.factories import a_posting, a_title
from tests.integration.rows import ingest, work
from tests.integration.system import Home

DUTIES = "You plan the rounds of the ward, look after patients and teach newcomers. " * 4
PAID = (
    f"{DUTIES} We pay CHF 90'000 to 110'000 per year. Partly from home: this is hybrid work. Apply until 3 June 2026."
)


def three() -> list[Posting]:
    """Return a posting, the same on another board, and a title that has no fields."""
    one = {"body": PAID, "company": "Ward AG", "location": "Bern, Switzerland"}
    return [
        a_posting("Nurse", source="a", key="1", **one), a_posting("Nurse (m/w/d)", source="b", key="1", **one),
        a_title("Nurse", source="cv", key="1"),
    ]  # fmt: skip


def told(home: Home, *words: str) -> list[dict[str, Any]]:
    """Return the lines of an export to standard output."""
    ran = home.metier("export", "-", *words)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_the_export_carries_fields_and_the_cluster_each_change_once(home: Home, connected: Engine) -> None:
    ingest(connected, *three())
    work(connected)
    first, second, title, joined = told(home)
    assert first["fields"] == {
        "salary": {
            "currency": "CHF", "low": 90_000, "high": 110_000, "period": "year", "stated": True, "yearly_low": 90_000,
            "yearly_high": 110_000,
        },
        "remote": "hybrid", "language": "en", "closing": "2026-06-03", "country": "CH",
    }  # fmt: skip
    assert (first["language"], first["cluster"], second["cluster"]) == ("en", first["posting"], first["posting"])
    assert (title["fields"], title["cluster"]) == ({}, None)
    assert (joined["event"], joined["posting"], joined["cluster"]) == ("clustered", second["posting"], first["posting"])
    assert "tags" not in joined
    assert [line["seq"] for line in told(home)] == [1, 2, 3, 4]


def test_the_export_passes_what_is_asked_for(home: Home, connected: Engine) -> None:
    ingest(connected, *three(), a_posting("Cook", body="Pay: EUR 30,000 a year. Fully remote.", source="c", key="1"))
    work(connected)
    asked = {
        "a:1 b:1": ["--country", "ch", "--salary-from", "100000CHF"],
        "c:1": ["--remote", "remote"],
        "": ["--salary-from", "60000 EUR"],
    }
    for refs, words in asked.items():
        assert sorted({line["id"] for line in told(home, *words)}) == refs.split()


def test_a_table_has_a_column_for_each_field(home: Home, connected: Engine, tmp_path: Path) -> None:
    ingest(connected, *three())
    work(connected)
    home.metier("export", str(tmp_path / "out.csv"))
    with (tmp_path / "out.csv").open(newline="") as opened:
        first, *_, title, joined = csv.DictReader(opened)
    assert (first["salary_currency"], first["salary_yearly_high"], first["remote"]) == ("CHF", "110000.0", "hybrid")
    assert (first["country"], first["closing"]) == ("CH", "2026-06-03")
    assert (title["country"], title["cluster"], joined["event"]) == ("", "", "clustered")


def test_a_job_shows_the_fields_of_its_posting_with_their_words(home: Home, connected: Engine) -> None:
    (id_, *_) = ingest(connected, *three())
    work(connected)
    shown = home.metier("jobs", "show", str(id_)).stdout
    assert "CHF 90,000 to 110,000 a year" in shown
    assert "'hybrid work'" in shown
    found = home.answer("jobs", "show", str(id_))
    place = found["evidence"]["salary"]
    assert PAID[place["start"] : place["end"]] == place["words"]
    assert found["fields"]["country"] == "CH"
    assert found["cluster"] is not None


def test_clusters_are_listed_and_shown(home: Home, connected: Engine) -> None:
    ingest(connected, *three())
    work(connected)
    (cluster,) = home.answer("duplicates", "list")
    assert (cluster["postings"], cluster["ref"], cluster["title"]) == (2, "a:1", "Nurse")
    for which in (str(cluster["cluster"]), "b:1"):
        shown = home.answer("duplicates", "show", which)
        assert [one["ref"] for one in shown["postings"]] == ["a:1", "b:1"]
    assert "Ward AG" in home.metier("duplicates", "list").stdout
    assert home.metier("duplicates", "show", "cv:1").returncode == 2
    assert home.metier("duplicates", "show", "nothing").returncode == 2


def test_the_status_says_what_was_saved(home: Home, connected: Engine) -> None:
    ingest(connected, *three())
    work(connected)
    assert home.answer("status")["savings"] == {
        "texts": 0, "reused": 0, "cache_hits": 0, "near_duplicates": 1, "to_compare": 0,
    }  # fmt: skip
    assert "1 postings are about a job that was there before" in home.metier("status").stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--remote", "home"], "use remote"), (["--salary-from", "lots"], "for example 60000EUR")],
)
def test_wrong_use_says_what_is_right(sqlite_database: str, tmp_path: Path, words: list[str], says: str) -> None:
    ran = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database}).metier("export", "-", *words)
    assert (ran.returncode, says in ran.stderr) == (2, True)
