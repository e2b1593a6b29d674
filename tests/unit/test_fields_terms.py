"""Workplace, employment, closing date and country are read from their phrases in many languages."""

from datetime import date

import pytest

from metier.fields import Employment, Remote
from pipelines.fields import closing, country, employment, reading, workplace
from tests.unit.fields_cases import rows, text_of


@pytest.mark.parametrize("row", rows("workplaces.csv"), ids=text_of)
def test_a_workplace_is_read_from_its_phrases(row: dict[str, str]) -> None:
    found = workplace.workplace([reading.read("body", row["text"])])
    assert (found.value if found else "") == row["workplace"]
    assert found is None or row["text"][found.evidence.start : found.evidence.end] == found.evidence.words


@pytest.mark.parametrize("row", rows("employment.csv"), ids=text_of)
def test_all_terms_of_employment_are_read(row: dict[str, str]) -> None:
    found = employment.employment([reading.read(row["where"], row["text"])])
    assert sorted(one.value for one in found) == row["employment"].split()
    assert all(row["text"][one.evidence.start : one.evidence.end] == one.evidence.words for one in found)


@pytest.mark.parametrize("row", rows("closing_dates.csv"), ids=text_of)
def test_a_closing_date_is_read_where_the_text_states_it(row: dict[str, str]) -> None:
    found = closing.closing([reading.read("body", row["text"])], country=row["country"])
    assert (found.value.isoformat() if found else "") == row["closing"]


@pytest.mark.parametrize("row", rows("countries.csv"), ids=text_of)
def test_a_country_is_read_from_what_names_the_place_of_work(row: dict[str, str]) -> None:
    where, text = row["where"], row["text"]
    readings = [reading.read(where, text)] if where in ("title", "body") else []
    found = country.country(text if where == "country" else "", text if where == "location" else "", readings)
    assert (found.value if found else "") == row["country"]
    assert found is None or text[found.evidence.start : found.evidence.end] == found.evidence.words


def test_a_title_outweighs_the_body() -> None:
    texts = (
        reading.read("title", "Nurse (remote)"),
        reading.read("body", "Homeoffice nach Absprache"),
    )
    found = workplace.workplace(list(texts))
    assert found is not None
    assert (found.value, found.evidence.where) == (Remote.REMOTE, "title")


def test_each_term_of_employment_is_told_once() -> None:
    found = employment.employment([reading.read("body", "Part-time. Teilzeit. Temps partiel.")])
    assert [one.value for one in found] == [Employment.PART_TIME]


def test_the_country_field_comes_before_the_location() -> None:
    found = country.country("Kenya", "Kampala, Uganda", [])
    assert found is not None
    assert (found.value, found.evidence.where) == ("KE", "country")


def test_a_date_that_the_calendar_lacks_is_read_the_other_way_or_not_at_all() -> None:
    texts = ["Deadline: 12/25/2026", "Deadline: 31/31/2026"]
    found = [closing.closing([reading.read("body", text)]) for text in texts]
    assert [one.value if one else None for one in found] == [date(2026, 12, 25), None]
