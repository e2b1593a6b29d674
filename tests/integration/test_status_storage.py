"""What people ask of the database: how work stands, which jobs there are, what changed since they last looked."""

import threading
from datetime import UTC, datetime

import pytest

from metier.types import JobState, Lane
from storage import claims, engine, filters, job_lists, jobs, leases, outbox, postings, status
from storage.engine import Engine, reading, transaction
from storage.job_lists import Filter
from storage.tags import Tagged
from tests.factories import a_posting, a_title
from tests.integration.rows import ingest, kill, tag


def changes(connected: Engine, since: int = 0) -> list[outbox.Change]:
    with transaction(connected) as connection:
        outbox.number(connection)
    with reading(connected) as connection:
        return outbox.read(connection, since, 100)


def test_the_status_counts_open_jobs_by_lane_and_dead_ones_by_cause(connected: Engine) -> None:
    live = ingest(connected, *(a_posting() for _ in range(5)), a_title())
    ingest(connected, a_posting(), a_posting(), lane=Lane.BACKFILL)
    tag(connected, *live[:2])
    kill(connected, "rejected", live[2])
    with transaction(connected) as connection:
        claims.claim(connection, [live[3]], owner="me", lease=60)
    with reading(connected) as connection:
        found = {row.lane: (row.ready, row.later, row.leased) for row in status.backlog(connection)}
        assert found == {"live": (2, 0, 1), "backfill": (2, 0, 0)}
        (dead,) = status.dead(connection)
        assert (dead.cause, dead.count) == ("rejected", 1)
        assert dead.error.endswith("is odd")
        assert status.totals(connection) == status.Totals(7, 1, 2, 2)
        assert status.rate(connection).minute == pytest.approx(2 / 60)
        assert not status.quotas(connection, now=datetime.now(UTC))
        assert not status.sources(connection)
        assert abs(status.clock(connection) - datetime.now(UTC).timestamp()) < 60


def test_jobs_are_found_by_state_cause_source_and_posting(connected: Engine) -> None:
    ids = ingest(connected, a_posting(source="a", key="1"), a_posting(source="a", key="2"), a_posting(source="b"))
    kill(connected, "rejected", ids[0])
    with reading(connected) as connection:

        def found(wanted: Filter) -> list[int]:
            listed = [job.id for job in job_lists.find(connection, wanted, most=10)]
            assert job_lists.count(connection, wanted) == len(listed)
            return listed

        assert found(Filter()) == ids[::-1]
        assert found(Filter(states=[JobState.DEAD])) == [ids[0]]
        assert found(Filter(states=[JobState.DEAD], causes=["other"])) == []
        assert found(Filter(postings=filters.Filter(sources=["a"]))) == [ids[1], ids[0]]
        assert found(Filter(ref="a:2")) == [ids[1]]
        assert found(Filter(ids=[ids[2]])) == [ids[2]]
        assert [job.id for job in job_lists.find(connection, Filter(), most=10, before=ids[1])] == [ids[0]]
        (dead,) = job_lists.find(connection, Filter(ids=[ids[0]]), most=1)
        assert (dead.ref, dead.state, dead.cause, dead.error) == ("a:1", "dead", "rejected", "a:1 is odd")
        assert dead.ended_at is not None
        assert dead.ended_at.tzinfo is not None
        assert job_lists.by_state(connection) == {"dead": 1, "ready": 2}


def test_every_event_is_read_once_and_in_order(connected: Engine) -> None:
    ids = ingest(connected, a_posting("Nurse", key="1"), a_title(key="2"))
    tag(connected, *ids)
    first = changes(connected)
    assert [(change.seq, change.kind, change.ref) for change in first] == [
        (1, "tagged", "test:1"),
        (2, "tagged", "test:2"),
    ]
    assert first[0].payload == {"seniority": [["senior", 0.9, True]]}
    assert (first[0].title, first[0].type, first[1].type) == ("Nurse", "posting", "title")
    tag(connected, *ingest(connected, a_posting("Head Nurse", key="1")))
    assert [(change.seq, change.title, change.revision) for change in changes(connected, since=2)] == [
        (3, "Head Nurse", 2)
    ]
    assert changes(connected, since=3) == []


def test_an_event_that_commits_late_is_not_skipped(postgres_database: str) -> None:
    connected = engine.create(postgres_database)
    slow, fast = ingest(connected, a_posting(key="slow"), a_posting(key="fast"))
    with transaction(connected) as connection:
        claimed = claims.claim(connection, [slow], owner="me", lease=60)
        leases.complete(connection, [Tagged(job, [], {}) for job in claimed])  # its event has the smaller id
        tag(connected, fast)
        assert [change.ref for change in changes(connected)] == ["test:fast"]
    assert [change.ref for change in changes(connected, since=1)] == ["test:slow"]
    connected.dispose()


def test_readers_at_the_same_moment_number_no_event_twice(connected: Engine) -> None:
    ids = ingest(connected, *(a_posting() for _ in range(60)))
    tag(connected, *ids)

    def some() -> None:
        for _ in range(10):
            with transaction(connected) as connection:
                outbox.number(connection, most=3)

    readers = [threading.Thread(target=some) for _ in range(3)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert [change.seq for change in changes(connected)] == list(range(1, 61))


def test_erasing_is_told_to_readers_without_saying_what_it_was(connected: Engine) -> None:
    tag(connected, *ingest(connected, a_posting("Nurse", key="1")))
    (told,) = changes(connected)
    with transaction(connected) as connection:
        outbox.announce_erased(connection, [told.posting])
        postings.erase(connection, [told.posting])
    tagged, erased = changes(connected)
    assert (tagged.payload, tagged.ref, tagged.title) == ({}, "", "")
    assert (erased.kind, erased.posting, erased.payload, erased.seq) == ("erased", told.posting, {}, 2)
    with transaction(connected) as connection:
        assert jobs.forget_done(connection, keep=-60) == 1
