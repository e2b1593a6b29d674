"""All fields of a posting are read at once, each with evidence that points at its words; no text makes it fail."""

import random
from dataclasses import fields as fields_of
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metier.fields import Employment, Evidence, Fields, Found, Period, Remote
from pipelines.fields import fields
from tests.unit.fields_cases import rows

CASES = ("salaries", "no_salaries", "workplaces", "employment", "closing_dates", "countries")
PIECES = [row["text"] for name in CASES for row in rows(f"{name}.csv")]
ODD = [
    "\x00",
    "\ud800",
    "İ",
    "ß",
    "ﬁ",
    "𝟏𝟐",
    "٣٠٠",
    "€€",
    "1" * 400,
    "9,9" * 50,
    "%",
    "kr",
    "−",
    "\u200f",
    "²",
    "e\u0301",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.sampled_from(ODD) | st.text(max_size=30), max_size=8).map(" ".join)


def evidence(read: Fields) -> list[Evidence]:
    """Return the evidence of all that was read."""
    values = [getattr(read, field.name) for field in fields_of(read)]
    found = [one for value in values if value for one in (value if isinstance(value, tuple) else [value])]
    return [one.evidence for one in found if isinstance(one, Found)]


@given(title=TEXTS, body=TEXTS, location=TEXTS, country=TEXTS | st.just(""), language=st.just("") | st.text(max_size=8))
@example(title="İİİ", body="İ Salary: $5,000 per month", location="", country="", language="")
@example(title="", body="Salary: " + "9" * 400 + " USD per year", location="", country="", language="")
def test_no_text_makes_it_fail_and_evidence_always_points_at_its_words(
    title: str, body: str, location: str, country: str, language: str
) -> None:
    read = fields.read(title, body, location=location, country=country, language=language)
    texts = {"title": title, "body": body, "location": location, "country": country, "language": language}
    for one in evidence(read):
        assert texts[one.where][one.start : one.end] == one.words
        assert one.words


def test_a_posting_gives_all_its_fields() -> None:
    body = (
        "Wir suchen eine Person, die mit uns an den Daten der Partner arbeitet und sie für alle verständlich macht.\n"
        "Wir bieten: CHF 6'500 monatlich, Teilzeit möglich, Homeoffice nach Absprache, befristet auf zwei Jahre.\n"
        "Bewerbungsfrist: 31. März 2026."
    )
    read = fields.read("Datenanalyst/in", body, location="Zürich, Schweiz")
    assert read.salary is not None
    assert (read.salary.value.currency, read.salary.value.low, read.salary.value.period) == ("CHF", 6500, Period.MONTH)
    assert read.remote is not None
    assert read.remote.value is Remote.HYBRID
    assert {one.value for one in read.employment} == {Employment.PART_TIME, Employment.TEMPORARY}
    assert read.language is not None
    assert read.language.value == "de"
    assert read.closing is not None
    assert read.closing.value == date(2026, 3, 31)
    assert read.country is not None
    assert read.country.value == "CH"


def test_a_posting_that_says_nothing_has_no_fields() -> None:
    assert fields.read("Driver", "") == Fields()


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "You will work with our partners and report to the head of office, who is based in Nairobi."),
        ("de", "Sie arbeiten mit unseren Partnern und berichten an die Leitung, die im Büro in Bonn sitzt und führt."),
        ("fr", "Vous travaillez avec nos partenaires dans les régions et vous rendez compte à la direction du bureau."),
        (
            "es",
            "Trabajará con nuestros socios en las regiones y rendirá cuentas a la dirección de la oficina.",
        ),
        ("it", "Lavorerà con i nostri partner nelle regioni e riferirà alla direzione dell'ufficio che è a Padova."),
        ("nl", "Je werkt met onze partners in het hele land en je rapporteert aan de directie van het kantoor."),
        ("pt", "Vai trabalhar com os parceiros em todas as regiões e reportar à direção do escritório para o país."),
        ("sv", "Du arbetar med våra partner i hela landet och rapporterar till ledningen som är på kontoret."),
        (
            "pl",
            "Będziesz pracować z partnerami w całym kraju i raportować do biura, które jest w Warszawie.",
        ),
    ],
)
def test_the_language_is_read_from_small_words(language: str, text: str) -> None:
    found = fields.read("", text).language
    assert found is not None
    assert found.value == language


def test_a_bare_title_has_no_language_and_a_given_one_is_believed() -> None:
    assert fields.read("Marketing Manager", "").language is None
    given_language = fields.read("Marketing Manager", "", language="de-CH").language
    assert given_language is not None
    assert given_language.value == "de"


def test_what_one_reading_lacks_another_gives() -> None:
    first, second = fields.read("Driver (remote)", ""), fields.read("Driver, Kenya", "On site only.")
    merged = first.over(second)
    assert (merged.remote, merged.country) == (first.remote, second.country)


def test_a_long_body_is_read_to_a_bound_and_in_proportion() -> None:
    noise = random.Random(7).choices(PIECES, k=20_000)
    read = fields.read("Driver", "\n".join(noise))
    assert all(one.end <= 30_000 for one in evidence(read))
