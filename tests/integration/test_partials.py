"""A line in a list is saved where nothing is known of the job, and takes nothing away where more is."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from metier.types import Posting
from scheduler.poll import Polled, poll
from scheduler.sources import Page
from scheduler.work import Counts
from storage.engine import Engine, reading
from storage.postings import Ingested
from tests.factories import a_posting
from tests.fakes.sources import Paged

WHOLE = replace(a_posting("Head Nurse", body="You lead a ward.", company="Example"), key="7", source="linkedin")
LINE = replace(WHOLE, title="Head Nurse …", body="", company="", partial=True)


def polled(engine: Engine, *postings: Posting) -> Polled:
    """Poll a source that shows these on one page."""
    source = Paged(Page(list(postings), {}))
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def stored(engine: Engine) -> Sequence[tuple[str, str, int, int]]:
    """Return title, body, revision and number of jobs of each posting."""
    with reading(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT title, body, revision, (SELECT count(*) FROM job j WHERE j.subject = p.id) FROM posting p "
                "ORDER BY source_key"
            )
        )
        return [tuple(row) for row in rows]


def test_what_is_not_known_is_saved_and_tagged(engine: Engine) -> None:
    assert polled(engine, LINE).ingested == Ingested(1, 0, 0)
    assert stored(engine) == [("Head Nurse …", "", 1, 1)]


def test_what_is_known_stays_as_it_is(engine: Engine) -> None:
    polled(engine, WHOLE)
    assert polled(engine, LINE).ingested == Ingested(0, 0, 1)
    assert stored(engine) == [("Head Nurse", "You lead a ward.", 1, 1)]


def test_the_whole_posting_replaces_the_line(engine: Engine) -> None:
    polled(engine, LINE)
    assert polled(engine, WHOLE).ingested == Ingested(0, 1, 0)
    assert stored(engine)[0][:3] == ("Head Nurse", "You lead a ward.", 2)


@pytest.mark.parametrize("order", [(WHOLE, LINE), (LINE, WHOLE)])
def test_of_both_on_one_page_the_whole_one_counts(engine: Engine, order: tuple[Posting, Posting]) -> None:
    assert polled(engine, *order).ingested == Ingested(1, 0, 0)
    assert stored(engine) == [("Head Nurse", "You lead a ward.", 1, 1)]


def test_a_line_adds_its_labels_and_takes_none_away(engine: Engine) -> None:
    polled(engine, replace(WHOLE, extra={"salary_text": "$5", "labels": {"seniority": ["Director"]}}))
    rated = replace(LINE, extra={"saved": "5/5/26", "labels": {"desirability": ["3"]}})
    polled(engine, rated)
    polled(engine, rated)
    with reading(engine) as connection:
        extra = json.loads(connection.execute(text("SELECT extra FROM posting")).scalar_one())
    assert extra == {
        "salary_text": "$5",
        "saved": "5/5/26",
        "labels": {"seniority": ["Director"], "desirability": ["3"]},
    }
    assert stored(engine)[0][2:] == (1, 1)


def test_a_job_that_is_listed_again_is_advertised_again(engine: Engine) -> None:
    polled(engine, WHOLE)
    gone = Paged(Page([], {}, gone=["7"], of="linkedin"))
    poll(engine, gone, hold=lambda connection: None, enough=lambda: False, counts=Counts())
    marked = "SELECT count(*) FROM posting WHERE gone_at IS NOT NULL"
    with reading(engine) as connection:
        assert connection.execute(text(marked)).scalar_one() == 1
    polled(engine, LINE)
    with reading(engine) as connection:
        assert connection.execute(text(marked)).scalar_one() == 0
