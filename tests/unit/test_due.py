"""Which slots are due: the newest of each schedule that nobody has taken, whatever the clock does."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.errors import ConfigError
from scheduler.due import due, latest
from storage.schedule import Schedule, Standing

NOON = datetime(2026, 3, 4, 12, 0, 30, tzinfo=UTC)  # a Wednesday
MOMENTS = st.integers(0, 20 * 365 * 86400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


def standing(cron: str, *, last: datetime | None = None, busy: bool = False) -> Standing:
    return Standing(Schedule("a", "poll", cron), last, busy)


def slots(*standings: Standing, now: datetime = NOON) -> list[datetime]:
    return [slot for _, slot in due(standings, now)]


def test_a_schedule_that_never_ran_is_due() -> None:
    assert slots(standing("every 300s")) == [NOON.replace(second=0)]


def test_a_slot_that_was_taken_is_not_due_again() -> None:
    assert slots(standing("every 5m", last=NOON.replace(second=0))) == []


def test_slots_missed_while_down_collapse_into_the_newest() -> None:
    assert slots(standing("every 5m", last=NOON - timedelta(days=30))) == [NOON.replace(second=0)]
    assert slots(standing("*/5 * * * *", last=NOON - timedelta(days=30))) == [NOON.replace(second=0)]


def test_a_schedule_whose_slot_is_in_hand_waits() -> None:
    assert slots(standing("every 1s", last=NOON - timedelta(hours=1), busy=True)) == []


def test_a_clock_that_jumps_back_makes_nothing_due_before_its_time() -> None:
    taken = latest("every 5m", NOON)
    assert slots(standing("every 5m", last=taken), now=NOON - timedelta(hours=2)) == []


def test_all_schedulers_see_the_same_slot_within_a_period() -> None:
    found = {latest("every 7s", NOON.replace(second=second)) for second in range(30, 35)}
    assert len(found) <= 2
    assert latest("every 1h", NOON) == latest("every 60m", NOON) == latest("every 3600s", NOON)


@pytest.mark.parametrize(
    ("cron", "slot"),
    [
        ("17 3 * * *", "2026-03-04T03:17"),
        ("30 12 * * *", "2026-03-03T12:30"),
        ("0 12 * * *", "2026-03-04T12:00"),
        ("0 0 1 * *", "2026-03-01T00:00"),
        ("0 6 * * 1", "2026-03-02T06:00"),
        ("0 6 * * sun", "2026-03-01T06:00"),
        ("15,45 8-10 * * 1-5", "2026-03-04T10:45"),
        ("0 0 29 2 *", "2024-02-29T00:00"),
    ],
)
def test_the_calendar_is_followed_in_utc(cron: str, slot: str) -> None:
    assert latest(cron, NOON) == datetime.fromisoformat(slot).replace(tzinfo=UTC)
    assert latest(cron, NOON.astimezone(timezone(timedelta(hours=11)))) == latest(cron, NOON)


def test_a_day_that_never_comes_is_refused() -> None:
    with pytest.raises(ConfigError, match="never occurs"):
        slots(standing("0 0 31 2 *"))


def test_the_29th_of_february_is_found_however_long_ago() -> None:
    assert latest("0 0 29 2 *", datetime(2104, 2, 28, tzinfo=UTC)) == datetime(2096, 2, 29, tzinfo=UTC)
    assert latest("0 0 29 2 1", datetime(2123, 1, 1, tzinfo=UTC)) == datetime(2112, 2, 29, tzinfo=UTC)
    assert latest("0 0 29 2 1", datetime(2112, 1, 1, tzinfo=UTC)) == datetime(2072, 2, 29, tzinfo=UTC)


@given(MOMENTS, st.integers(1, 100_000))
def test_an_interval_slot_is_never_in_the_future_and_less_than_a_period_ago(now: datetime, seconds: int) -> None:
    slot = latest(f"every {seconds}s", now)
    assert timedelta(0) <= now - slot < timedelta(seconds=seconds)
    assert latest(f"every {seconds}s", slot) == slot


@given(MOMENTS, st.integers(0, 59), st.integers(0, 23), st.integers(0, 6))
def test_no_matching_minute_lies_between_a_slot_and_now(now: datetime, minute: int, hour: int, day: int) -> None:
    slot = latest(f"{minute} {hour} * * {day}", now)
    assert (slot.minute, slot.hour, slot.isoweekday() % 7) == (minute, hour, day)
    assert timedelta(0) <= now - slot < timedelta(days=7)


@pytest.mark.parametrize("cron", ["", "every", "every 0s", "every 5 s", "every 5w", "hourly", "* * * *", "61 * * * *"])
def test_a_rule_that_cannot_be_read_says_how_to_write_one(cron: str) -> None:
    with pytest.raises(ConfigError, match="17 3"):
        due([standing(cron)], NOON)
