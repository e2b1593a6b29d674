"""What becomes of good, refused, failing and killing titles that come in together: one run, seen from all sides."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from storage import claims
from tests.chaos.marked import codes
from tests.integration.worker_world import ATTEMPTS, World, a_world
from tests.servers import Postgres, Valkey

GOOD = [f"Nurse {number}" for number in range(60)]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def after(request: pytest.FixtureRequest, valkey: Valkey, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Bring in all kinds of titles and let a worker with two children finish."""
    folder = tmp_path_factory.mktemp("outcomes")
    valkey.flush()
    if request.param == "sqlite":
        migrated: Path = request.getfixturevalue("migrated_sqlite")
        url = f"sqlite:///{copy(migrated, folder / 'metier.db')}"
    else:
        server: Postgres = request.getfixturevalue("postgres_server")
        url = server.database(request.getfixturevalue("migrated_postgres"))
    with a_world(url, valkey.url, folder) as world:
        world.bring(*GOOD[:30], "REFUSED", "FAILS", "KILLS", *GOOD[30:], *(f"LATER {number}" for number in range(5)))
        world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "2")
        world.until(lambda: world.states().keys() <= {"done", "dead"}, seconds=90)
        yield world


def job(after: World, title: str) -> Any:  # Any: a row
    return next(job for job in after.jobs() if job.title == title)


def test_good_titles_get_their_tags(after: World) -> None:
    tags = after.tags()
    assert all(tags[title] == codes(title) for title in GOOD)


def test_a_refused_title_is_set_aside_with_its_reason_at_once(after: World) -> None:
    found = job(after, "REFUSED")
    assert (found.state, found.cause, found.error) == ("dead", "rejected", "planted")
    assert "REFUSED" not in after.tags()


def test_an_exception_spends_attempts_and_ends_dead(after: World) -> None:
    found = job(after, "FAILS")
    assert (found.state, found.attempts, found.cause) == ("dead", ATTEMPTS, "ValueError")


def test_a_title_that_kills_its_process_ends_dead(after: World) -> None:
    found = job(after, "KILLS")
    assert (found.state, found.attempts, found.cause) == ("dead", ATTEMPTS, "lease expired")


def test_a_killing_title_takes_no_innocents_with_it(after: World) -> None:
    assert [job.title for job in after.jobs() if job.state == "dead"] == ["REFUSED", "FAILS", "KILLS"]


def test_what_fails_for_outside_reasons_spends_no_attempts(after: World) -> None:
    later = [job(after, f"LATER {number}") for number in range(5)]
    assert {job.state for job in later} == {"done"}
    assert all(job.attempts <= claims.SUSPECT + 1 for job in later)  # those of the killer's batches included


def test_children_report_themselves(after: World) -> None:
    assert after.beats() >= 2
