"""`metier sources` tells what each source is, asks it, and polls it by hand."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage.engine import create, reading
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.served import Fault
from tests.servers import REPOSITORY

Ran = subprocess.CompletedProcess[str]
Metier = Callable[..., Ran]


@pytest.fixture
def fake() -> Iterator[FakeReliefWeb]:
    with FakeReliefWeb([a_job(number) for number in range(1, 31)]) as made:
        yield made


@pytest.fixture
def metier(fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path) -> Metier:
    def call(*words: str, **settings: str) -> Ran:
        own = {"home": str(tmp_path), "database_url": sqlite_database, "reliefweb_url": fake.url}
        chosen = own | {"reliefweb_appname": APPNAME} | settings
        variables = {f"METIER_{name.upper()}": value for name, value in chosen.items()}
        return subprocess.run(
            [sys.executable, "-m", "console.cli.main", "sources", *words], cwd=REPOSITORY, capture_output=True,
            text=True, check=False, env=os.environ | variables,
        )  # fmt: skip

    return call


def answer(ran: Ran) -> Any:  # Any: JSON
    return json.loads(ran.stdout)


def count(database: str) -> int:
    engine = create(database)
    with reading(engine) as connection:
        found = int(connection.execute(text("SELECT count(*) FROM posting")).scalar_one())
    engine.dispose()
    return found


def test_the_list_shows_the_card_of_each_source_also_before_there_is_a_database(metier: Metier, tmp_path: Path) -> None:
    ran = metier("list", database_url=f"sqlite:///{tmp_path / 'none.db'}", reliefweb_appname="")
    assert ran.returncode == 0
    for words in ("files: off", "reliefweb: off", "1,000 calls a day", "Off until METIER_RELIEFWEB_APPNAME is set."):
        assert words in ran.stdout
    assert not (tmp_path / "none.db").exists()


def test_a_poll_by_hand_brings_postings_and_a_dry_run_does_not(metier: Metier, sqlite_database: str) -> None:
    dry = metier("poll", "reliefweb", "--dry-run")
    assert "30 postings on the first page" in dry.stdout
    assert "reliefweb:1  Field Officer 1, Example Relief" in dry.stdout
    assert count(sqlite_database) == 0
    assert answer(metier("poll", "reliefweb", "--json"))["new"] == 30
    assert count(sqlite_database) == 30
    [card] = [row for row in answer(metier("list", "--json")) if row["name"] == "reliefweb"]
    assert (card["on"], card["state"], card["calls_today"]) == (True, "ok", 2.0)


@pytest.mark.parametrize(
    ("fault", "word", "advice"),
    [
        (Fault(403), "refused", "set METIER_RELIEFWEB_APPNAME"),
        (Fault(410), "refused", "set METIER_RELIEFWEB_URL"),
        (Fault(429, {"Retry-After": "60"}), "unavailable", "for 60 s"),
        (Fault(500), "unavailable", "in trouble"),
        (Fault(cut=50), "unavailable", "asked again later"),
        (Fault(body=b"<p>"), "changed", "is there a page in between?"),
    ],
)
def test_a_check_says_of_each_fault_in_one_line_what_to_do(
    metier: Metier, fake: FakeReliefWeb, fault: Fault, word: str, advice: str
) -> None:
    fake.faults.append(fault)
    ran = metier("check")
    assert ran.returncode == 1
    [line] = [line for line in ran.stdout.splitlines() if line.startswith("reliefweb")]
    assert line.split("\t")[1] == word
    assert advice in line
    assert ran.stderr == ""


def test_after_a_refusal_a_poll_by_hand_starts_polling_again(metier: Metier) -> None:
    assert metier("poll", "reliefweb", reliefweb_appname="not-approved").returncode == 1
    stopped = metier("check", "reliefweb")
    assert (stopped.returncode, "`metier sources poll reliefweb` starts it again" in stopped.stdout) == (1, True)
    assert metier("poll", "reliefweb").returncode == 0
    assert answer(metier("check", "reliefweb", "--json"))[0]["is"] == "ok"


def test_wrong_use_says_what_is_right(metier: Metier) -> None:
    unknown, off = metier("poll", "filez"), metier("poll", "files")
    assert (unknown.returncode, "there are ashby, cvs, feeds, files, greenhouse" in unknown.stderr) == (2, True)
    assert (off.returncode, "Off until METIER_INBOX" in off.stderr) == (2, True)


def test_the_list_is_shown_beside_what_is_wrong_with_the_file_of_boards(metier: Metier, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[[greenhouse]]\ntoken = "acme"\n[[lever]]\n')
    ran = metier("list", sources=str(file))
    assert ran.returncode == 1
    assert "reliefweb: on" in ran.stdout
    assert "greenhouse:acme: on" in ran.stdout
    assert "[[lever]] number 1: site is missing" in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    named = metier("poll", "lever:acme", sources=str(file))
    assert (named.returncode, "site is missing" in named.stderr) == (1, True)
