"""A slot is run by one scheduler, however many there are, and taken over when that one dies."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from scheduler.due import due
from storage import quotas, schedule
from storage.engine import Engine, create, transaction
from storage.schedule import Schedule

SLOT = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LATER = SLOT + timedelta(minutes=5)


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    with transaction(made) as connection:
        schedule.seed(connection, [Schedule("poll", "poll", "every 300s", {"source": "files"})])
    yield made
    made.dispose()


def take(engine: Engine, slot: datetime = SLOT, *, owner: str = "a", lease: float = 60.0) -> bool:
    with transaction(engine) as connection:
        return schedule.take(connection, "poll", slot, owner=owner, lease=lease)


def finish(engine: Engine, slot: datetime = SLOT, *, owner: str = "a") -> bool:
    with transaction(engine) as connection:
        return schedule.finish(connection, "poll", slot, owner=owner, outcome="done")


def is_due(engine: Engine) -> bool:
    with transaction(engine) as connection:
        now, standings = schedule.standings(connection)
    return bool(due(standings, now))


def test_of_many_schedulers_one_takes_a_slot(engine: Engine) -> None:
    won: list[str] = []
    start = threading.Barrier(4)

    def race(owner: str) -> None:
        start.wait()
        if take(engine, owner=owner):
            won.append(owner)

    threads = [threading.Thread(target=race, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_of_many_schedulers_with_different_clocks_one_runs_at_a_time(engine: Engine) -> None:
    won: list[str] = []
    start = threading.Barrier(4)

    def race(number: int) -> None:
        start.wait()
        if take(engine, SLOT + timedelta(seconds=number), owner=str(number)):
            won.append(str(number))

    threads = [threading.Thread(target=race, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_finished_slot_is_never_taken_again(engine: Engine) -> None:
    assert take(engine, lease=0.0)
    assert finish(engine)
    time.sleep(0.01)
    assert not take(engine, owner="b")


def test_a_slot_whose_taker_died_is_taken_over_after_its_lease(engine: Engine) -> None:
    assert take(engine, lease=0.2)
    assert not take(engine, owner="b")
    time.sleep(0.3)
    assert take(engine, owner="b")
    assert not finish(engine), "the first taker lost it"
    assert finish(engine, owner="b")


def test_a_slot_that_is_renewed_is_not_taken_over(engine: Engine) -> None:
    assert take(engine, lease=0.2)
    with transaction(engine) as connection:
        assert schedule.renew(connection, "poll", SLOT, owner="a", lease=60.0)
        assert not schedule.renew(connection, "poll", SLOT, owner="b", lease=60.0)
    time.sleep(0.3)
    assert not take(engine, owner="b")


def test_a_newer_slot_waits_for_the_older_and_takes_the_place_of_an_abandoned_one(engine: Engine) -> None:
    assert take(engine, lease=0.2)
    assert not take(engine, LATER, owner="b")
    time.sleep(0.3)
    assert take(engine, LATER, owner="b")
    with transaction(engine) as connection:
        newest, oldest = schedule.slots(connection, "poll")
    assert (newest.owner, newest.outcome) == ("b", "")
    assert (oldest.owner, oldest.outcome) == ("a", "abandoned")


def test_a_slot_given_back_is_due_again(engine: Engine) -> None:
    assert is_due(engine)
    with transaction(engine) as connection:
        now, standings = schedule.standings(connection)
    [(_, slot)] = due(standings, now)
    assert take(engine, slot)
    assert not is_due(engine)
    with transaction(engine) as connection:
        assert not schedule.release(connection, "poll", slot, owner="b")
        assert schedule.release(connection, "poll", slot, owner="a")
    assert is_due(engine)


def test_slots_from_a_time_when_the_clock_was_ahead_hold_nothing_up(engine: Engine) -> None:
    assert take(engine, datetime.now(UTC) + timedelta(days=400))
    assert finish(engine, datetime(2000, 1, 1, tzinfo=UTC)) is False
    with transaction(engine) as connection:
        [ahead] = schedule.slots(connection, "poll")
        assert schedule.finish(connection, "poll", ahead.slot, owner="a", outcome="done")
    assert is_due(engine)


def test_seeding_twice_keeps_what_a_person_changed_and_the_calendar_starts_with_its_next_time(engine: Engine) -> None:
    seeds = [Schedule("poll", "poll", "every 1s"), Schedule("forget", "forget", "* * * * *")]
    with transaction(engine) as connection:
        schedule.seed(connection, seeds)
        schedule.seed(connection, seeds)
        now, standings = schedule.standings(connection)
    crons = {standing.schedule.name: standing.schedule.cron for standing in standings}
    assert crons == {"poll": "every 300s", "forget": "* * * * *"}
    assert [found.name for found, _ in due(standings, now)] == ["poll"]
    assert "forget" in [found.name for found, _ in due(standings, now + timedelta(minutes=1))]


def test_old_slots_are_deleted_but_for_the_newest(engine: Engine) -> None:
    for slot in (SLOT, LATER):
        assert take(engine, slot)
        assert finish(engine, slot)
    time.sleep(0.01)
    with transaction(engine) as connection:
        assert schedule.forget(connection, keep=60.0) == 0
        assert schedule.forget(connection, keep=0.0) == 1
        assert [slot.slot for slot in schedule.slots(connection, "poll")] == [LATER]


def test_uneventful_slots_of_a_busy_schedule_do_not_pile_up(engine: Engine) -> None:
    with transaction(engine) as connection:
        for number, outcome in enumerate(["done", "skipped", "failed"] * 3):
            slot = SLOT + timedelta(seconds=number)
            assert schedule.take(connection, "poll", slot, owner="a", lease=60.0)
            assert schedule.finish(connection, "poll", slot, owner="a", outcome=outcome)
        assert len(schedule.slots(connection, "poll")) == 9
        connection.execute(text("UPDATE slot SET ended_at = '2026-03-04 12:00:00'"))
        assert schedule.take(connection, "poll", LATER, owner="a", lease=60.0)
        assert [slot.outcome for slot in schedule.slots(connection, "poll")] == ["", *["failed"] * 3]


def test_a_quota_is_never_passed_and_what_was_not_used_comes_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert [quotas.spend(connection, "calls", 4, limit=10) for _ in range(3)] == [True, True, False]
        quotas.settle(connection, "calls", reserved=4, used=1)
        assert quotas.used_today(connection) == {"calls": 5.0}
        assert quotas.spend(connection, "calls", 5, limit=10)
        assert not quotas.spend(connection, "others", 11, limit=10)
        assert quotas.forget(connection, days=1) == 0
        assert quotas.forget(connection, days=-1) == 1
