"""Salaries are read as people write them in many languages and currencies; other money and other figures are none."""

import pytest

from metier.fields import Found, Period, Salary
from pipelines.fields import reading
from pipelines.fields import salary as fields_salary
from tests.unit.fields_cases import rows, text_of


def read(text: str, *, country: str = "", language: str = "", where: str = "body") -> Found[Salary] | None:
    """Read the salary of one text."""
    return fields_salary.salary([reading.read(where, text)], country=country, language=language)


def amount(cell: str) -> float | None:
    """Return the number in a cell; an empty one is an open end."""
    return float(cell) if cell else None


@pytest.mark.parametrize("row", rows("salaries.csv"), ids=text_of)
def test_a_salary_is_read_with_its_currency_ends_and_period(row: dict[str, str]) -> None:
    found = read(row["text"], country=row["country"], language=row["language"], where=row["where"] or "body")
    assert found is not None
    salary = found.value
    assert (salary.currency, salary.low, salary.high, salary.period, salary.payments) == (
        row["currency"],
        amount(row["low"]),
        amount(row["high"]),
        row["period"],
        int(row["payments"] or 12),
    )
    assert row["text"][found.evidence.start : found.evidence.end] == found.evidence.words != ""


@pytest.mark.parametrize("row", rows("no_salaries.csv"), ids=text_of)
def test_what_is_no_salary_is_not_read_as_one(row: dict[str, str]) -> None:
    assert read(row["text"]) is None


def test_there_are_at_least_three_hundred_cases() -> None:
    assert len(rows("salaries.csv")) + len(rows("no_salaries.csv")) >= 300


@pytest.mark.parametrize(
    ("period", "yearly"),
    [(Period.HOUR, 41_600.0), (Period.DAY, 5_200.0), (Period.WEEK, 1_040.0), (Period.MONTH, 240.0), (Period.YEAR, 20)],
)
def test_the_yearly_equivalent_is_that_of_full_time_work(period: Period, yearly: float) -> None:
    salary = Salary("EUR", 20.0, None, period)
    assert salary.yearly_low == yearly
    assert salary.yearly_high is None


def test_a_thirteenth_month_counts_in_the_yearly_equivalent() -> None:
    found = read("Lohn: CHF 5'000.- x 13")
    assert found is not None
    assert found.value.yearly_low == 65_000.0


def test_a_period_that_the_text_does_not_name_is_marked_as_assumed() -> None:
    assumed, stated = read("Salary: €52,000"), read("Salary: €52,000 a year")
    assert assumed is not None
    assert stated is not None
    assert (assumed.value.stated, stated.value.stated) == (False, True)


def test_a_dollar_is_that_of_the_country_where_the_work_is() -> None:
    found = [read("Salary: $90,000 per year", country=country) for country in ("", "CA", "AU", "US", "DE")]
    assert [one.value.currency for one in found if one] == ["USD", "CAD", "AUD", "USD", "USD"]


def test_the_salary_is_chosen_among_all_the_money_of_a_posting() -> None:
    body = "We spend $40 million a year.\nYou manage a budget of $300,000.\nWe offer $70,000 a year and $900 to move."
    found = read(body)
    assert found is not None
    assert found.evidence.words == "$70,000 a year"
