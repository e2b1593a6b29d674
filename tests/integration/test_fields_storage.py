"""Fields of postings are read in the worker and committed with the tags, under the same fence and revision."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from metier.fields import Evidence, Fields, Found, Known, Pay, Remote
from metier.gleanings import Gleaned
from metier.types import Lane, Posting
from storage import claims, fields, gleanings, jobs, leases, postings
from storage.engine import Engine, reading, transaction
from storage.tags import Tagged
from tests.factories import a_posting, a_title
from tests.integration.rows import Plain, ingest, work
from worker import batch
from worker.batch import Held, Terms

BODY = "We pay EUR 55'000 to 65'000 per year. The work is fully remote. This is a part-time position in our team."
PAID = {"currency": "USD", "low": 225_000, "high": 269_000, "period": "year"}


def shown(connected: Engine) -> list[Known]:
    with reading(connected) as connection:
        ids = list(connection.execute(text("SELECT id FROM posting ORDER BY id")).scalars())
        found = fields.of(connection, ids)
    return [found[id_][0] for id_ in ids]


def rows(
    connected: Engine, sql: str = "SELECT * FROM fields ORDER BY posting_id"
) -> list[tuple[Any, ...]]:  # Any: cells
    with reading(connected) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_a_posting_gets_the_fields_that_its_text_names(connected: Engine) -> None:
    ingest(connected, a_posting("Buyer", body=BODY, location="Lyon, France"))
    work(connected)
    assert shown(connected) == [
        Known(Pay("EUR", 55_000, 65_000, "year", True, 55_000, 65_000), "remote", ("part-time",), "en", None, "FR")
    ]


def test_evidence_is_kept_with_its_place(connected: Engine) -> None:
    (id_,) = ingest(connected, a_posting("Buyer", body=BODY))
    work(connected, id_)
    with reading(connected) as connection:
        ((_, evidence),) = fields.of(
            connection, connection.execute(text("SELECT id FROM posting")).scalars().all()
        ).values()
    remote = evidence["remote"]
    assert (remote["where"], BODY[remote["start"] : remote["end"]]) == ("body", remote["words"])
    assert set(evidence) == {"salary", "remote", "employment", "language"}


def test_what_the_source_states_goes_before_what_the_text_says(connected: Engine) -> None:
    stated = {"salary": PAID, "remote": "OnSite", "employment": ["FullTime"]}
    day = datetime(2026, 12, 24, 20, tzinfo=UTC)
    body = f"{BODY} Apply until 1 November 2026."
    ingest(connected, a_posting("Buyer", body=body, country="Switzerland", language="de", closing=day, extra=stated))
    work(connected)
    assert shown(connected) == [
        Known(
            Pay("USD", 225_000, 269_000, "year", True, 225_000, 269_000),
            "onsite",
            ("full-time",),
            "de",
            day.date(),
            "CH",
        )
    ]


def test_a_closing_date_that_the_source_moves_is_shown_without_reading_again(connected: Engine) -> None:
    posting = a_posting("Buyer", body=f"{BODY} Apply until 1 November 2026.")
    ingest(connected, posting)
    work(connected)
    assert str(shown(connected)[0].closing) == "2026-11-01"
    assert ingest(connected, replace(posting, closing=datetime(2027, 1, 5, tzinfo=UTC))) == []
    assert str(shown(connected)[0].closing) == "2027-01-05"


def test_positions_of_a_cv_get_no_fields_and_bare_titles_of_postings_what_they_name(connected: Engine) -> None:
    ingest(
        connected,
        a_title("Nurse, part-time, remote"),
        a_posting("Nurse, part-time", body=""),
        a_posting("Nurse", body=""),
    )
    work(connected)
    assert [found.employment for found in shown(connected)] == [(), ("part-time",), ()]
    assert len(rows(connected)) == 1


def test_a_new_revision_replaces_the_fields_and_one_that_says_nothing_takes_them_away(connected: Engine) -> None:
    posting = a_posting("Buyer", body=BODY)
    for body, remote in ((BODY, "remote"), (BODY.replace("fully remote", "hybrid"), "hybrid"), ("", "")):
        ingest(connected, replace(posting, body=body))
        work(connected)
        assert shown(connected)[0].remote == remote
    assert rows(connected) == []


def test_a_change_of_what_is_stated_alone_is_read_anew(connected: Engine) -> None:
    posting = a_posting("Buyer", body=BODY)
    ingest(connected, posting)
    work(connected)
    ingest(connected, replace(posting, extra={"salary": PAID}))
    work(connected)
    assert [found.salary and found.salary.currency for found in shown(connected)] == ["USD"]


def test_tagging_again_leaves_the_same_rows(connected: Engine) -> None:
    ingest(connected, a_posting("Buyer", body=BODY), a_posting("Nurse", body=""))
    work(connected)
    before = rows(connected)
    with transaction(connected) as connection:
        ids = list(connection.execute(text("SELECT id FROM posting ORDER BY id")).scalars())
        jobs.enqueue(connection, [(id_, 1, True) for id_ in ids], lane=Lane.BACKFILL, purpose="again")
    assert work(connected) == 2
    assert rows(connected) == before


def test_who_lost_the_fence_writes_no_fields(connected: Engine) -> None:
    (id_,) = ingest(connected, a_posting("Buyer", body=BODY))
    late = claim(connected, id_)
    with transaction(connected) as connection:
        connection.execute(text("UPDATE job SET lease_until = '2020-01-01 00:00:00.000000'"))
    claim(connected, id_)
    assert complete(connected, late, Remote.HYBRID) == 0
    assert rows(connected) == []


def test_fields_of_an_outdated_revision_are_not_written(connected: Engine) -> None:
    posting = a_posting("Buyer", body=BODY)
    (id_,) = ingest(connected, posting)
    late = claim(connected, id_)
    with transaction(connected) as connection:  # an edit of which the job has not heard
        connection.execute(text("UPDATE posting SET revision = 2"))
    complete(connected, late, Remote.HYBRID)
    assert rows(connected) == []


def test_a_crash_between_tagging_and_commit_leaves_nothing_and_the_next_worker_does_it(connected: Engine) -> None:
    class Dies(Plain):
        @property
        def artifacts(self) -> Any:  # asked for when results are about to be written
            raise SystemExit

    (id_,) = ingest(connected, a_posting("Buyer", body=BODY))
    with pytest.raises(SystemExit):
        batch.run(connected, [id_], Dies(), Terms("one"), Held())
    assert rows(connected) == []
    assert work(connected) == 1
    assert len(rows(connected)) == 1


def test_erasing_takes_the_fields_along(connected: Engine) -> None:
    ingest(connected, a_posting("Buyer", body=BODY), a_posting("Buyer", body=BODY))
    work(connected)
    with transaction(connected) as connection:
        first = int(connection.execute(text("SELECT MIN(id) FROM posting")).scalar_one())
        postings.erase(connection, [first])
    assert [row[0] for row in rows(connected)] == [first + 1]


@pytest.mark.parametrize("odd", ["\x00", "\ud800", "💶" * 40, '"\\', "{1,2}"])
def test_odd_words_are_kept_as_evidence(connected: Engine, odd: str) -> None:
    posting = Posting("s", "1", "Buyer", body=f"{BODY} {odd}", extra={"salary_text": f"{odd} 50,000 EUR a year {odd}"})
    ingest(connected, posting)
    assert work(connected) == 1
    assert shown(connected)[0].remote == "remote"


def claim(connected: Engine, id_: int) -> Any:  # a claimed job
    with transaction(connected) as connection:
        (job,) = claims.claim(connection, [id_], owner="me", lease=60)
    return job


def complete(connected: Engine, job: Any, remote: Remote) -> int:  # Any: a claimed job
    found = Gleaned(Fields(remote=Found(remote, Evidence("body", 0, 1, "x"))))
    with transaction(connected) as connection:
        counted = leases.complete(connection, [Tagged(job, [], {"seniority": "s@1"})])
        gleanings.replace(connection, counted, {job.subject: found})
    return len(counted)
