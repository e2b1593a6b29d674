"""`metier jobs` and `metier status` on both databases: what waits, what is dead, trying it again, cancelling it."""

from pathlib import Path

import pytest

from storage import engine
from storage.engine import Engine
from tests.factories import a_posting
from tests.integration.rows import ingest, kill, tag
from tests.integration.system import Home


def test_dead_jobs_are_listed_by_cause_shown_and_replayed(home: Home, connected: Engine) -> None:
    ids = ingest(connected, *(a_posting(source="feed", key=key) for key in "abcd"))
    kill(connected, "rejected", ids[0])
    kill(connected, "TooOdd", ids[1], ids[2])
    found = home.answer("status")
    assert [(row["cause"], row["count"]) for row in found["dead"]] == [("TooOdd", 2), ("rejected", 1)]
    assert [(row["lane"], row["ready"]) for row in found["backlog"]] == [("live", 1)]
    assert "TooOdd" in home.metier("status").stdout

    dead = home.answer("jobs", "list", "--state", "dead", "--cause", "rejected")
    assert [(row["id"], row["ref"], row["error"]) for row in dead] == [(ids[0], "feed:a", "feed:a is odd")]
    assert "feed:a is odd" in home.metier("jobs", "show", str(ids[0])).stdout

    assert home.answer("jobs", "replay", "--cause", "TooOdd") == {"found": 2, "replayed": 2}
    assert home.metier("jobs", "replay", str(ids[3])).returncode == 1  # it is not dead
    assert home.answer("jobs", "replay", "--all") == {"found": 1, "replayed": 1}
    assert home.answer("jobs", "list", "--state", "dead") == []


def test_open_jobs_are_cancelled_and_finished_ones_are_not(home: Home, connected: Engine) -> None:
    ids = ingest(connected, *(a_posting(source=source) for source in ("one", "one", "two")))
    tag(connected, ids[0])
    assert home.answer("jobs", "cancel", "--source", "one", "--reason", "not wanted") == {"found": 1, "cancelled": 1}
    listed = {row["id"]: (row["state"], row["cause"]) for row in home.answer("jobs", "list")}
    assert listed == {ids[0]: ("done", ""), ids[1]: ("cancelled", "not wanted"), ids[2]: ("ready", "")}
    assert home.metier("jobs", "cancel", str(ids[0])).returncode == 1


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["list", "--state", "asleep"], "use ready, leased"),
        (["list", "--ref", "nocolon"], "write SOURCE:KEY"),
        (["show", "12345"], "there is no job 12345"),
        (["replay"], "--cause, --source or --all"),
        (["cancel"], "--source or --all"),
    ],
)
def test_wrong_use_says_what_is_right(tmp_path: Path, sqlite_database: str, words: list[str], says: str) -> None:
    ran = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database}).metier("jobs", *words)
    assert (ran.returncode, says in ran.stderr) == (2, True), ran.stderr


def test_without_a_database_commands_say_how_to_get_one(tmp_path: Path) -> None:
    ran = Home(tmp_path / "home").metier("status")
    assert ran.returncode == 1
    assert "there is no database" in ran.stderr
    assert "metier up" in ran.stderr
    assert not (tmp_path / "home").exists()


def test_a_database_of_a_newer_schema_is_refused_with_a_remedy(home: Home, connected: Engine) -> None:
    from sqlalchemy import text

    with engine.transaction(connected) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for words in (["status"], ["jobs", "list"], ["export", "-"], ["db", "upgrade"], ["up"]):
        ran = home.metier(*words)
        assert ran.returncode == 1
        assert "newer version" in ran.stderr, (words, ran.stderr)


def test_a_database_that_is_away_is_said_without_its_password(tmp_path: Path) -> None:
    away = {"METIER_DATABASE_URL": "postgresql://metier:secret@127.0.0.1:1/metier"}
    ran = Home(tmp_path / "home", away).metier("status")
    assert ran.returncode == 1
    assert "the database does not answer" in ran.stderr
    assert "secret" not in ran.stderr
