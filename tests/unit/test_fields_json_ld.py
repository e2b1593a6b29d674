"""What a page states as schema.org JobPosting is taken over, in all the shapes that pages give it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.fields import Employment, Period, Remote
from pipelines.fields import fields
from pipelines.fields.json_ld import from_json_ld

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "minValue", "maxValue", "currency", "unitText", "address"]), inner)
    ),
    max_leaves=8,
)
PROPERTIES = st.sampled_from(
    [
        "baseSalary",
        "estimatedSalary",
        "salaryCurrency",
        "employmentType",
        "jobLocationType",
        "validThrough",
        "jobLocation",
    ]
)


def money(currency: str | None = "USD", **value: Any) -> dict[str, Any]:  # Any: a page writes what it likes
    """Return a MonetaryAmount as pages state it."""
    stated: dict[str, Any] = {"@type": "MonetaryAmount", "value": {"@type": "QuantitativeValue", **value}}
    return stated | ({"currency": currency} if currency else {})


@pytest.mark.parametrize(
    ("stated", "currency", "low", "high", "period"),
    [
        (money(minValue=45000, maxValue=60000, unitText="YEAR"), "USD", 45000, 60000, Period.YEAR),
        (money("EUR", value=3200, unitText="MONTH"), "EUR", 3200, 3200, Period.MONTH),
        (money("CHF", value="6'500.00", unitText="MONTH"), "CHF", 6500, 6500, Period.MONTH),
        (money("GBP", value="12.60", unitText="hour"), "GBP", 12.6, 12.6, Period.HOUR),
        (money("gbp", minValue="30,000", unitText="ANN"), "GBP", 30000, None, Period.YEAR),
        (money("SEK", maxValue=46000, unitText="MONTH"), "SEK", None, 46000, Period.MONTH),
        (money("USD", minValue=90000, maxValue=70000, unitText="YEAR"), "USD", 70000, 90000, Period.YEAR),
        (money("EUR", value=55000), "EUR", 55000, 55000, Period.YEAR),
        (money("KES", value=120000), "KES", 120000, 120000, Period.MONTH),
        ({"currency": "EUR", "value": 2400, "unitText": "MONTH"}, "EUR", 2400, 2400, Period.MONTH),
        ({"currency": "EUR", "minValue": 2400, "maxValue": 2900, "unitText": "MONTH"}, "EUR", 2400, 2900, Period.MONTH),
        ([money("EUR", value=600, unitText="DAY")], "EUR", 600, 600, Period.DAY),
        (money("EUR", value=900, unitText="WEEK"), "EUR", 900, 900, Period.WEEK),
        ("$84,500.00/yr - $97,000.00/yr", "USD", 84500, 97000, Period.YEAR),
    ],
)
def test_a_stated_salary_is_taken_over(
    stated: Any,  # Any: see above
    currency: str,
    low: float | None,
    high: float | None,
    period: Period,
) -> None:
    found = from_json_ld({"@type": "JobPosting", "baseSalary": stated}).salary
    assert found is not None
    assert (found.value.currency, found.value.low, found.value.high, found.value.period) == (
        currency,
        low,
        high,
        period,
    )
    assert json.loads(found.evidence.words) == (stated[0] if isinstance(stated, list) else stated)


@pytest.mark.parametrize(
    "stated",
    [
        None,
        {},
        [],
        "competitive",
        money(None, value=3200, unitText="MONTH"),
        money("EUR", value=0, unitText="YEAR"),
        money("EUR", value=-5),
        money("EUR", value="nach Vereinbarung", unitText="YEAR"),
        money("euros", value=3000, unitText="MONTH"),
        money("EUR", unitText="MONTH"),
        money("EUR", value=True, unitText="MONTH"),
    ],
)
def test_a_salary_that_states_no_amount_is_none(stated: Any) -> None:  # Any: see above
    assert from_json_ld({"baseSalary": stated}).salary is None


def test_the_currency_may_stand_beside_the_salary() -> None:
    found = from_json_ld({"baseSalary": 52000, "salaryCurrency": "EUR"}).salary
    assert found is not None
    assert (found.value.currency, found.value.low, found.value.stated) == ("EUR", 52000, False)


def test_the_other_fields_are_taken_over_too() -> None:
    read = from_json_ld(
        {
            "employmentType": ["FULL_TIME", "CONTRACTOR", "OTHER"],
            "jobLocationType": "TELECOMMUTE",
            "validThrough": "2026-03-31T23:59:00Z",
            "jobLocation": {"@type": "Place", "address": {"addressCountry": {"name": "Switzerland"}}},
        }
    )
    assert [one.value for one in read.employment] == [Employment.FULL_TIME, Employment.CONTRACT]
    assert read.remote is not None
    assert read.remote.value is Remote.REMOTE
    assert read.closing is not None
    assert read.closing.value.isoformat() == "2026-03-31"
    assert read.country is not None
    assert read.country.value == "CH"


def test_the_page_comes_before_the_text() -> None:
    stated = from_json_ld({"baseSalary": money(value=70000, unitText="YEAR")})
    read = stated.over(fields.read("Nurse", "Salary: $50,000 a year. Part-time."))
    assert read.salary == stated.salary
    assert [one.value for one in read.employment] == [Employment.PART_TIME]


@given(st.dictionaries(PROPERTIES, JSON, max_size=5), st.text(max_size=12) | st.dates().map(str))
def test_no_page_makes_it_fail(mapping: dict[str, Any], until: str) -> None:  # Any: see above
    read = from_json_ld({**mapping, "validThrough": until})
    assert read.closing is None or read.closing.value.isoformat() in until
