"""Postings are saved as their sources show them; only what is read of them makes a revision and a job."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from metier.types import Lane, Posting
from storage import postings
from storage.engine import Engine, transaction
from storage.postings import Ingested
from tests.factories import a_posting, a_title


def save(engine: Engine, *items: Posting, lane: Lane = Lane.LIVE) -> Ingested:
    with transaction(engine) as connection:
        return postings.ingest(connection, items, lane=lane)


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


JOBS = "SELECT revision, state, lane, cause FROM job ORDER BY id"


def test_a_new_posting_gets_a_ready_job_in_its_lane(engine: Engine) -> None:
    assert save(engine, a_posting(), lane=Lane.BACKFILL) == Ingested(new=1, edited=0, same=0)
    assert rows(engine, JOBS) == [(1, "ready", 1, None)]


def test_the_same_posting_again_makes_nothing(engine: Engine) -> None:
    posting = a_posting()
    save(engine, posting)
    assert save(engine, posting) == Ingested(new=0, edited=0, same=1)
    assert len(rows(engine, JOBS)) == 1


@pytest.mark.parametrize("odd", ["a\x00b", "half \ud83d"])
def test_a_posting_whose_key_is_not_stored_as_it_is_is_known_again(engine: Engine, odd: str) -> None:
    posting = replace(a_posting(), key=odd)
    save(engine, posting)
    assert save(engine, posting) == Ingested(new=0, edited=0, same=1)


def test_an_edit_of_the_text_cancels_the_old_job_and_makes_a_new_one(engine: Engine) -> None:
    posting = a_posting()
    save(engine, posting)
    assert save(engine, replace(posting, title="Head Nurse")) == Ingested(new=0, edited=1, same=0)
    assert rows(engine, JOBS) == [(1, "cancelled", 0, "newer revision"), (2, "ready", 0, None)]


def test_an_edit_of_what_nobody_reads_is_kept_and_makes_no_job(engine: Engine) -> None:
    posting = a_posting()
    save(engine, posting)
    told = {"status": "open", "applicants": 12}
    moved = replace(posting, url="https://example.org/7", closing=datetime(2026, 12, 31, tzinfo=UTC), extra=told)
    assert save(engine, moved) == Ingested(new=0, edited=0, same=1)
    (found,) = rows(engine, "SELECT url, extra, revision FROM posting")
    assert found[0] == "https://example.org/7"
    assert json.loads(str(found[1])) == told
    assert len(rows(engine, JOBS)) == 1


@pytest.mark.parametrize(
    "edit",
    [{"location": "Bern"}, {"country": "CH"}, {"extra": {"salary": {"currency": "CHF", "low": 90_000}}}],
)
def test_an_edit_of_what_the_source_states_is_an_edit_of_a_posting_and_not_of_a_title(
    engine: Engine, edit: dict[str, Any]
) -> None:
    posting, title = a_posting(), a_title()
    save(engine, posting, title)
    assert save(engine, replace(posting, **edit), replace(title, **edit)) == Ingested(new=0, edited=1, same=1)
    assert rows(engine, "SELECT revision FROM posting ORDER BY id") == [(2,), (1,)]


def test_a_posting_saved_before_it_was_noted_what_its_source_states_is_not_edited_by_that(engine: Engine) -> None:
    posting = a_posting(location="Bern")
    save(engine, posting)
    with transaction(engine) as connection:
        connection.execute(text("UPDATE posting SET stated_sha = NULL"))
    assert save(engine, posting) == Ingested(new=0, edited=0, same=1)
    assert save(engine, replace(posting, location="Thun")) == Ingested(new=0, edited=1, same=0)


def test_of_one_posting_twice_in_a_call_the_last_counts(engine: Engine) -> None:
    posting = a_posting()
    assert save(engine, posting, replace(posting, title="Driver")).new == 1
    assert rows(engine, "SELECT title, revision FROM posting") == [("Driver", 1)]


def test_an_edit_and_its_return_are_two_revisions(engine: Engine) -> None:
    posting = a_posting()
    for title in ("Nurse", "Driver", "Nurse"):
        save(engine, replace(posting, title=title))
    assert [row[:2] for row in rows(engine, JOBS)] == [(1, "cancelled"), (2, "cancelled"), (3, "ready")]


@pytest.mark.parametrize("odd", ["a\x00b", "\ud800 lone", "\u202e right to left", "🧑‍⚕️" * 50, "x" * 100_000])
def test_odd_text_is_stored_and_does_not_change_by_itself(engine: Engine, odd: str) -> None:
    posting = a_title(odd)
    save(engine, posting)
    assert save(engine, posting) == Ingested(new=0, edited=0, same=1)


@pytest.mark.parametrize("moment", [datetime(9999, 12, 31, tzinfo=UTC), datetime(1, 1, 2, tzinfo=UTC)])
def test_a_date_at_the_end_of_time_is_stored(engine: Engine, moment: datetime) -> None:
    save(engine, a_posting(closing=moment))
    assert len(rows(engine, JOBS)) == 1


def test_a_failed_transaction_leaves_neither_posting_nor_job(engine: Engine) -> None:
    def save_and_fail() -> None:
        with transaction(engine) as connection:
            postings.ingest(connection, [a_posting()])
            raise RuntimeError("planted")

    with pytest.raises(RuntimeError):
        save_and_fail()
    assert rows(engine, "SELECT count(*) FROM posting") == [(0,)]
    assert rows(engine, "SELECT count(*) FROM job") == [(0,)]


def test_erasing_takes_everything_along(engine: Engine) -> None:
    save(engine, a_posting(), a_posting())
    ids = [int(str(row[0])) for row in rows(engine, "SELECT id FROM posting ORDER BY id")]
    with transaction(engine) as connection:
        assert postings.erase(connection, ids[:1]) == 1
    assert rows(engine, "SELECT id FROM posting") == [(ids[1],)]
    assert [row[1] for row in rows(engine, JOBS)] == ["cancelled", "ready"]


def test_a_posting_saved_after_the_newest_was_erased_gets_jobs_of_its_own(engine: Engine) -> None:
    save(engine, a_posting(), old := a_posting())
    save(engine, replace(old, title="Head Nurse"))
    ids = [row[0] for row in rows(engine, "SELECT id FROM posting ORDER BY id")]
    with transaction(engine) as connection:
        postings.erase(connection, ids[1:])
    new = a_posting()
    assert save(engine, new).new == 1
    assert save(engine, replace(new, title="Head of Nursing")).edited == 1
    ((id_,),) = rows(engine, "SELECT MAX(id) FROM posting")
    found = rows(engine, f"SELECT revision, state FROM job WHERE subject = {id_} ORDER BY id")  # noqa: S608  a number
    assert found == [(1, "cancelled"), (2, "ready")]
