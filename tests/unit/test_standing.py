"""Where a person stands: main employment before side functions, sure before unsure, the present before the past."""

from dataclasses import dataclass, field
from datetime import date

import pytest

from pipelines.standing import last_day, standing

TODAY = date(2026, 5, 20)
RANKS = {"junior": 0, "professional": 1, "senior": 2, "lead": 3, "management": 4, "director": 5}


@dataclass(frozen=True)
class Said:
    code: str
    sure: bool = True


@dataclass(frozen=True)
class Held:
    name: str
    started: str = "2019"
    ended: str = ""
    ongoing: bool = False
    side: bool = False
    gone: bool = False
    tags: dict[str, Said] = field(default_factory=dict)


def now(name: str, code: str = "", *, sure: bool = True, started: str = "2019", side: bool = False) -> Held:
    return Held(name, started, ongoing=True, side=side, tags={"seniority": Said(code, sure)} if code else {})


def found(*held: Held) -> tuple[str, str] | None:
    answer = standing(held, ranks=RANKS, today=TODAY)
    return None if answer is None else (answer.position.name, answer.because)


def test_of_positions_held_today_the_highest_sure_one_counts() -> None:
    assert found(now("clerk", "professional"), now("head", "lead"), now("intern", "junior")) == ("head", "held today")


def test_an_unsure_level_does_not_outrank_a_sure_one() -> None:
    assert found(now("boss", "director", sure=False), now("buyer", "senior")) == ("buyer", "held today")


def test_without_a_sure_level_the_latest_begun_counts_and_says_so() -> None:
    held = (now("old", "lead", sure=False, started="2012"), now("new", "senior", sure=False, started="2020-03"))
    assert found(*held) == ("new", "held today, unsure")
    assert found(now("untagged")) == ("untagged", "held today, unsure")


def test_of_equals_the_later_begun_counts() -> None:
    assert found(now("a", "lead", started="2018"), now("b", "lead", started="2018-06")) == ("b", "held today")


def test_a_board_or_volunteer_work_does_not_outrank_an_employment() -> None:
    assert found(now("board", "management", side=True), now("nurse", "professional")) == ("nurse", "held today")
    recent = Held("nurse", "2015", "2025-12", tags={"seniority": Said("professional")})
    assert found(now("board", "management", side=True), recent) == ("nurse", "ended within a year")


def test_a_side_function_answers_where_no_employment_does() -> None:
    past = Held("teacher", "1990", "2015")
    assert found(now("board", "management", side=True), past) == ("board", "side function, held today")


def test_without_a_present_position_the_one_that_ended_last_within_a_year_counts() -> None:
    early, late = Held("early", "2020", "2025-08"), Held("late", "2020", "2026-01-31")
    assert found(early, late) == ("late", "ended within a year")
    assert found(Held("old", "2020", "2025-04")) is None
    assert found(Held("this year", "2020", "2025")) == ("this year", "ended within a year")


def test_an_end_that_is_still_to_come_is_the_present() -> None:
    assert found(Held("contract", "2024", "2026-12", tags={"seniority": Said("senior")})) == ("contract", "held today")


def test_what_has_left_the_cv_and_what_has_no_dates_says_nothing() -> None:
    assert found(Held("gone", ongoing=True, gone=True), Held("undated", "")) is None
    assert found() is None


@pytest.mark.parametrize(
    ("partial", "day"),
    [("2024", date(2024, 12, 31)), ("2024-02", date(2024, 2, 29)), ("2024-02-31", date(2024, 2, 29))],
)
def test_a_date_that_is_not_precise_ends_with_its_last_day(partial: str, day: date) -> None:
    assert last_day(partial) == day
