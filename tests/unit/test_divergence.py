"""A shift is seen, chance is not, and small months raise no alarm."""

import random
from collections import Counter

import pytest

from scheduler.divergence import WORTH_A_LOOK, alarming, chance, distance

LEVELS = {"junior": 10, "professional": 55, "senior": 15, "lead": 10, "management": 7, "director": 3}


def drawn(shares: dict[str, int], n: int, seed: int) -> Counter[str]:
    return Counter(random.Random(seed).choices(list(shares), list(shares.values()), k=n))


def test_equal_distributions_lie_nowhere_apart_whatever_their_sizes() -> None:
    assert distance(LEVELS, LEVELS) == 0
    assert distance({"a": 9000, "b": 1000}, {"a": 900, "b": 100}) < 0.001


def test_a_label_that_came_only_once_makes_no_infinity() -> None:
    assert 1 < distance({"a": 100}, {"b": 100}) < 20


def test_the_measure_is_the_known_one() -> None:
    # (.5 - .25) ln(.5 / .25) + (.5 - .75) ln(.5 / .75), but for the half added to each count
    assert distance({"a": 50_000, "b": 50_000}, {"a": 25_000, "b": 75_000}) == pytest.approx(0.2747, abs=0.001)


@pytest.mark.parametrize("n", [50, 200, 2000])
def test_months_without_a_shift_raise_hardly_ever_an_alarm(n: int) -> None:
    reference = drawn(LEVELS, 1000, seed=0)
    alarms = 0
    for seed in range(1, 101):
        month = drawn(LEVELS, n, seed)
        alarms += alarming(distance(reference, month), chance(reference, month))
    assert alarms <= 3


def test_without_the_bound_small_months_would_alarm_often() -> None:
    reference = drawn(LEVELS, 1000, seed=0)
    assert sum(distance(reference, drawn(LEVELS, 50, seed)) > WORTH_A_LOOK for seed in range(1, 101)) > 30


@pytest.mark.parametrize("n", [200, 2000])
def test_a_real_shift_raises_an_alarm(n: int) -> None:
    shifted = LEVELS | {"junior": 35, "professional": 30}
    reference = drawn(LEVELS, 1000, seed=0)
    for seed in range(1, 21):
        month = drawn(shifted, n, seed)
        assert alarming(distance(reference, month), chance(reference, month))


def test_a_shift_too_small_to_matter_raises_none_however_many_postings_there_are() -> None:
    month = {"junior": 11_000, "professional": 54_000, "senior": 15_000, "lead": 10_000, "management": 7_000,
             "director": 3_000}  # fmt: skip
    reference = {name: count * 1000 for name, count in LEVELS.items()}
    assert distance(reference, month) > chance(reference, month)
    assert not alarming(distance(reference, month), chance(reference, month))
