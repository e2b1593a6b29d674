"""The relay looks at a full queue again when there will be room, not sooner and not much later."""

import pytest

from scheduler.drain import Drain


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def drain(clock: Clock) -> Drain:
    return Drain(clock)


def test_the_next_look_is_when_enough_were_taken_at_the_pace_seen_so_far(clock: Clock, drain: Drain) -> None:
    drain.sent(8)
    clock.now += 0.2
    drain.look(6)
    assert drain.until(4) == pytest.approx(0.2)
    clock.now += 0.3
    drain.look(5)
    assert drain.until(4) == pytest.approx(0.3)


def test_no_look_is_sooner_or_later_than_sensible(clock: Clock, drain: Drain) -> None:
    drain.sent(8)
    assert drain.until(4) == 0.05
    clock.now += 60
    drain.look(7)
    assert drain.until(4) == 0.5
    clock.now += 0.001
    drain.look(4)
    assert drain.until(4) == 0.05


def test_a_long_rest_before_says_nothing_of_the_pace(clock: Clock, drain: Drain) -> None:
    drain.look(0)
    clock.now += 3600
    drain.sent(8)
    clock.now += 0.04
    drain.look(7)
    assert drain.until(4) == pytest.approx(0.12)


def test_what_nobody_takes_leaves_the_pace_as_it_was(clock: Clock, drain: Drain) -> None:
    drain.sent(8)
    clock.now += 0.1
    drain.look(7)
    clock.now += 0.1
    drain.look(7)
    assert drain.until(4) == pytest.approx(0.3)
