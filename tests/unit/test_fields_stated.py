"""What a source states in `extra` becomes fields; what is in no known form is left out."""

from typing import Any

import pytest

from metier.fields import Fields, Pay, Remote, known
from metier.gleanings import STATED, Gleaned, Stated
from metier.types import Text
from pipelines import gleaning
from pipelines.fields import bare, fields
from pipelines.fields import stated as fields_stated
from tests.house.project import ROOT

PAID = {"currency": "usd", "low": 225_000, "high": 269_000, "period": "year"}


def pay(extra: dict[str, Any]) -> Pay | None:
    return known(fields_stated.from_extra(extra)).salary


def test_a_salary_is_taken_as_it_is_stated() -> None:
    assert pay({"salary": PAID}) == Pay("USD", 225_000, 269_000, "year", True, 225_000, 269_000)


def test_a_missing_period_is_told_by_the_size_of_the_amount() -> None:
    assert pay({"salary": {"currency": "EUR", "low": 4_000}}) == Pay("EUR", 4_000, None, "month", False, 48_000, None)


@pytest.mark.parametrize(
    "salary",
    ["lots", None, [], {}, {"low": 1}, {"currency": "EUR"}, {"currency": "euros", "low": 9},
     {"currency": "EUR", "low": "9"}, {"currency": "EUR", "low": True}, {"currency": "EUR", "low": -5},
     {"currency": "EUR", "low": float("nan")},
     {"currency": "EUR", "low": 1e300}],
)  # fmt: skip
def test_a_salary_in_no_known_form_is_left_out(salary: object) -> None:
    assert pay({"salary": salary}) is None


def test_a_line_of_words_is_read_where_there_are_no_numbers() -> None:
    line = "$225,000.00/yr - $269,000.00/yr"
    assert pay({"salary_text": line}) == Pay("USD", 225_000, 269_000, "year", True, 225_000, 269_000)
    assert pay({"salary_text": line, "salary": PAID | {"currency": "CHF"}}) != pay({"salary_text": line})


@pytest.mark.parametrize(
    ("stated", "remote"),
    [("Remote", "remote"), ("OnSite", "onsite"), ("on-site", "onsite"), ("HYBRID", "hybrid"), (True, "remote"),
     (False, ""), ("unspecified", ""), (None, ""), ({"a": 1}, "")],
)  # fmt: skip
def test_where_one_works_in_the_spelling_of_the_service(stated: object, remote: str) -> None:
    assert known(fields_stated.from_extra({"remote": stated})).remote == remote


@pytest.mark.parametrize(
    ("stated", "employment"),
    [(["FullTime"], ("full-time",)), (["Part-time", "Contract"], ("part-time", "contract")),
     ("INTERN", ("internship",)), (["Teilzeit"], ("part-time",)), (["Whatever", 3, None], ()), ({}, ())],
)  # fmt: skip
def test_terms_of_employment_in_the_words_of_the_service(stated: object, employment: tuple[str, ...]) -> None:
    assert known(fields_stated.from_extra({"employment": stated})).employment == employment


def test_what_is_stated_goes_before_the_page_and_the_page_before_the_line() -> None:
    page = {
        "baseSalary": {"currency": "GBP", "value": {"value": 50_000, "unitText": "YEAR"}},
        "validThrough": "2026-12-31",
    }
    found = known(fields_stated.from_extra({"salary_text": "EUR 40,000 a year", "json_ld": page}))
    assert (found.salary and found.salary.currency, str(found.closing)) == ("GBP", "2026-12-31")
    assert known(fields_stated.from_extra({"salary": PAID, "json_ld": page})).salary == pay({"salary": PAID})


def test_what_is_stated_goes_before_the_text_and_keeps_its_own_evidence() -> None:
    item = Text("Buyer", "We pay EUR 50,000 a year. Hybrid work.")
    (found,) = gleaning.glean([item], [Stated(extra={"salary": PAID, "remote": "onsite"})])
    assert (found.fields.salary and found.fields.salary.evidence.where) == "source:salary"
    assert found.fields.remote is not None
    assert (found.fields.remote.value, found.fields.remote.evidence.where) == (Remote.ONSITE, "source:remote")


def test_the_keys_that_sources_fill_are_documented() -> None:
    text = (ROOT / "docs" / "sources.md").read_text()
    assert [key for key in STATED if f"| `{key}` |" not in text] == []


@pytest.mark.parametrize(
    ("title", "place"),
    [("Nurse", ""), ("Nurse, part-time 80%", ""), ("Koch (m/w/d) 60-80%", "Bern, Switzerland"), ("Remote Nurse", ""),
     ("Intern, Kenya", ""), ("Driver $20/hr", "Austin, TX"), ("Nurse", "Remote, Germany"),
     ("Pflege CHF 6'500 Monat", "")],
)  # fmt: skip
def test_a_bare_title_says_what_it_would_say_at_full_length(title: str, place: str) -> None:
    assert known(bare.read(title, location=place)) == known(fields.read(title, "", location=place))


def test_a_text_that_rules_stumble_over_costs_no_other_its_fields() -> None:
    class Odd(str):
        """A text that cannot be read."""

        def __getitem__(self, _: object) -> str:
            raise RuntimeError("planted")

    good = Text("Buyer", "We pay EUR 50,000 a year.")
    found = gleaning.glean([Text("Buyer", Odd("x")), good], [Stated(), Stated()])
    assert found[0] == Gleaned(Fields())
    assert found[1].fields.salary is not None
