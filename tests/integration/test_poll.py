"""A poll saves page and cursor together, and what a source answers decides when it is asked again."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, table, text

from metier.errors import SourceChanged, SourceRefused, SourceUnavailable
from metier.types import Posting
from scheduler.flaws import flaw
from scheduler.poll import Poll, poll
from scheduler.work import AGAIN, Counts, Outcome, Overtaken, Work
from storage import schedule, sources
from storage.engine import Engine, create, reading, transaction
from storage.schedule import Schedule
from storage.sources import SourceState
from tests.factories import a_posting
from tests.fakes.sources import Listed

POSTINGS = [a_posting(f"Nurse {number}", source="listed", key=str(number)) for number in range(5)]
SCHEDULE = Schedule("poll listed", "poll", "every 1s", {"source": "listed"})
SLOT = datetime(2026, 3, 4, tzinfo=UTC)
seconds = itertools.count()


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    with transaction(made) as connection:
        schedule.seed(connection, [SCHEDULE])
    yield made
    made.dispose()


def polled(engine: Engine, source: Listed, paused: threading.Event | None = None) -> Outcome:
    """Poll once in a slot of its own, as the loop does."""
    slot = SLOT + timedelta(seconds=next(seconds))
    with transaction(engine) as connection:
        assert schedule.take(connection, SCHEDULE.name, slot, owner="a", lease=60.0)
    work = Work(engine, SCHEDULE, slot, "a", threading.Event())
    outcome = Poll({"listed": source}, paused or threading.Event()).run(work)
    work.end(outcome)
    return outcome


def state(engine: Engine) -> SourceState:
    with reading(engine) as connection:
        return sources.listed(connection)[0]


def counted(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table(name))).scalar_one())


def test_a_poll_saves_postings_jobs_and_cursor(engine: Engine) -> None:
    outcome = polled(engine, Listed(POSTINGS))
    assert outcome == Outcome("done", "5 new, 0 edited, 0 as before, 0 set aside")
    assert (counted(engine, "posting"), counted(engine, "job")) == (5, 5)
    assert state(engine).cursor == {"next": 6}
    assert state(engine).word == "ok"


def test_the_next_poll_goes_on_where_the_last_one_was(engine: Engine) -> None:
    polled(engine, Listed(POSTINGS[:2]))
    assert polled(engine, Listed(POSTINGS)).note == "3 new, 0 edited, 0 as before, 0 set aside"


def test_a_failure_in_the_middle_keeps_the_pages_before_it(engine: Engine) -> None:
    def fail(page: int) -> None:
        if page == 2:
            raise SourceUnavailable("listed: down")

    assert polled(engine, Listed(POSTINGS, before=fail)).word == "failed"
    assert counted(engine, "posting") == 4
    assert state(engine).last_error == "listed: down"
    assert polled(engine, Listed(POSTINGS)).note == "1 new, 0 edited, 0 as before, 0 set aside"


def test_postings_that_cannot_be_stored_are_set_aside_and_the_rest_goes_on(engine: Engine) -> None:
    far = datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-5)))
    odd = [
        replace(POSTINGS[0], key="x" * 3000), replace(POSTINGS[1], published=far),
        replace(POSTINGS[2], closing=datetime(2026, 1, 1)), replace(POSTINGS[3], key=""),  # noqa: DTZ001  the fault
        replace(POSTINGS[4], title="nul \x00 and half \ud800", published=datetime(9999, 12, 31, tzinfo=UTC)),
    ]  # fmt: skip
    polled(engine, Listed(odd, size=5, bad={0: "row 7: no title"}))
    assert counted(engine, "posting") == 1
    found = state(engine)
    assert found.bad == 5
    assert found.bad_last[0] == "row 7: no title"
    assert all(len(message) <= 500 for message in found.bad_last)


def test_a_posting_that_makes_saving_fail_is_found_and_set_aside_alone(engine: Engine) -> None:
    class Unwritable:
        def __str__(self) -> str:
            raise TypeError("planted")

    odd = [*POSTINGS[:3], replace(POSTINGS[3], extra={"a value": Unwritable()}), POSTINGS[4]]
    assert polled(engine, Listed(odd, size=5)).note == "4 new, 0 edited, 0 as before, 1 set aside"
    [reason] = state(engine).bad_last
    assert reason.startswith("listed:3: TypeError")


def test_of_many_bad_rows_the_count_and_the_last_few_are_kept(engine: Engine) -> None:
    polled(engine, Listed(POSTINGS, size=100, bad={0: "\x00 odd \udcff"} | {n: f"row {n}" for n in range(1, 40)}))
    assert state(engine).bad == 40
    assert list(state(engine).bad_last) == [f"row {n}" for n in range(30, 40)]


def test_five_failures_open_the_breaker_and_a_probe_closes_it(engine: Engine) -> None:
    asked = 0

    def fail(page: int) -> None:
        nonlocal asked
        asked += 1
        raise SourceUnavailable("listed: down")

    broken = Listed(POSTINGS, before=fail)
    words = [polled(engine, broken).word for _ in range(7)]
    assert words == ["failed"] * 5 + ["skipped"] * 2
    assert asked == 5
    assert state(engine).word == "waiting"
    with transaction(engine) as connection:
        connection.execute(text("UPDATE source SET open_until = changed_at"))
    assert [polled(engine, broken).word, polled(engine, broken).word] == ["failed", "skipped"]
    with transaction(engine) as connection:
        connection.execute(text("UPDATE source SET open_until = changed_at"))
    assert [polled(engine, Listed(POSTINGS)).word, polled(engine, Listed(POSTINGS)).word] == ["done", "done"]
    assert (state(engine).failures, state(engine).last_error) == (0, None)


def test_a_source_that_says_when_to_come_back_is_left_alone_until_then(engine: Engine) -> None:
    def wait(page: int) -> None:
        raise SourceUnavailable("listed: 429", after=timedelta(seconds=0.5))

    assert polled(engine, Listed(POSTINGS, before=wait)).word == "failed"
    assert polled(engine, Listed(POSTINGS)).word == "skipped"
    time.sleep(0.6)
    assert polled(engine, Listed(POSTINGS)).word == "done"


def test_a_source_that_refuses_us_is_not_asked_again_until_a_person_acts(engine: Engine) -> None:
    def refuse(page: int) -> None:
        raise SourceRefused("listed: 403, ask for an appname")

    assert polled(engine, Listed(POSTINGS, before=refuse)).word == "refused"
    skipped = polled(engine, Listed(POSTINGS))
    assert (skipped.word, "appname" in skipped.note) == ("skipped", True)
    assert state(engine).word == "refused"
    with transaction(engine) as connection:
        assert sources.allow(connection, "listed")
        assert not sources.allow(connection, "nobody")
    assert polled(engine, Listed(POSTINGS)).word == "done"


def test_a_changed_shape_and_a_bug_are_failures_that_name_the_fault(engine: Engine) -> None:
    def changed(page: int) -> None:
        raise SourceChanged("listed: field 'data[].id' is missing")

    def stumble(page: int) -> None:
        raise KeyError("surprise")

    assert "data[].id" in polled(engine, Listed(POSTINGS, before=changed)).note
    assert polled(engine, Listed(POSTINGS, before=stumble)).note.startswith("KeyError: 'surprise' (test_poll.py:")
    assert state(engine).failures == 2


def test_polling_ends_at_a_page_when_there_is_enough_to_do_and_goes_on_later(engine: Engine) -> None:
    paused = threading.Event()
    source = Listed(POSTINGS, before=lambda page: paused.set() if page == 1 else None)
    assert polled(engine, source, paused) is AGAIN
    assert (counted(engine, "posting"), source.closed) == (4, 1)
    paused.clear()
    assert polled(engine, Listed(POSTINGS), paused).note == "1 new, 0 edited, 0 as before, 0 set aside"


def test_a_poller_that_was_frozen_and_overtaken_writes_nothing_more(engine: Engine) -> None:
    def others(page: int) -> None:
        if page == 1:
            poll(engine, Listed(POSTINGS), hold=lambda connection: None, enough=lambda: False, counts=Counts())

    with pytest.raises(Overtaken):
        polled(engine, Listed([replace(p, title="late") for p in POSTINGS], before=others))
    with reading(engine) as connection:
        late = connection.execute(text("SELECT count(*) FROM posting WHERE title = 'late'")).scalar_one()
    assert (late, counted(engine, "posting")) == (2, 5), "its first page stands, the rest is the other's"
    assert state(engine).cursor == {"next": 6}


def test_a_poller_whose_slot_was_taken_over_writes_nothing(engine: Engine) -> None:
    def lose(page: int) -> None:
        with transaction(engine) as connection:
            [slot] = schedule.slots(connection, SCHEDULE.name)
            schedule.finish(connection, SCHEDULE.name, slot.slot, owner="a", outcome="timed out")

    with pytest.raises(Overtaken):
        polled(engine, Listed(POSTINGS, before=lose))
    assert counted(engine, "posting") == 0


@pytest.mark.parametrize("key", ["", "k" * 501])
def test_a_key_that_no_index_holds_is_a_flaw(key: str) -> None:
    assert flaw(Posting("s", "k", "t")) is None
    assert "key" in str(flaw(Posting("s", key, "t")))
