"""The bundled conventions of seniority and department: breadth, the written rules, and the reference set."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from metier.types import Example
from pipelines.conventions import convention
from pipelines.conventions.convention import Convention
from pipelines.conventions.folding import fold

FOLDER = Path(__file__).parents[2] / "pipelines" / "taxonomies"
NAMES = ("seniority", "department")
LANGUAGES = ("de", "en", "fr", "it", "es", "nl")


@cache
def bundled(name: str) -> Convention:
    return convention.load(FOLDER / name)


@cache
def generated(name: str) -> tuple[Example, ...]:
    return tuple(bundled(name).examples())


def reference() -> list[dict[str, str]]:
    with (FOLDER / "reference.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain(title: str) -> str:
    return " ".join(fold(title).split())


def test_seniority_has_six_ordered_levels() -> None:
    taxonomy = bundled("seniority").taxonomy
    assert taxonomy.kind == "ordinal"
    ranked = sorted(taxonomy.labels, key=lambda label: label.rank or 0)
    assert [label.code for label in ranked] == ["junior", "professional", "senior", "lead", "management", "director"]


def test_department_has_eleven_classes() -> None:
    assert bundled("department").taxonomy.kind == "flat"
    assert len(bundled("department").taxonomy.labels) == 11


@pytest.mark.parametrize("name", NAMES)
def test_every_label_has_a_written_rule(name: str) -> None:
    assert all(len(label.definition) > 60 for label in bundled(name).taxonomy.labels)


@pytest.mark.parametrize("name", NAMES)
def test_generated_titles_are_many_and_distinct(name: str) -> None:
    made = generated(name)
    assert len({plain(example.text) for example in made}) == len(made) >= 15_000


@pytest.mark.parametrize("name", NAMES)
def test_every_label_has_many_titles_in_every_language(name: str) -> None:
    counted = Counter((example.language, example.code) for example in generated(name))
    codes = [label.code for label in bundled(name).taxonomy.labels]
    assert min(counted[language, code] for language in LANGUAGES for code in codes) >= 60


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("Assistenz der Geschäftsführung", "lead"),
        ("Managing Director", "management"),
        ("Senior Project Manager", "senior"),
        ("Associate Director", "director"),
        ("Associate Consultant", "junior"),
        ("Associate Professor", "professional"),
        ("Assistant Professor", "professional"),
        ("Product Owner", "professional"),
        ("Business Owner", "management"),
        ("Chef de projet", "lead"),
        ("Chef de rang", "professional"),
        ("Leiter Controlling / Prokurist", "lead"),
        ("Geschaeftsfuehrer", "management"),
        ("Projektleiter*in (m/w/d)", "lead"),
        ("Ausbildungsleiter", "lead"),
        ("Ausbildung zum Bankkaufmann", "junior"),
        ("Reiseleiter", "professional"),
        ("CTO and Head of Delivery", "management"),
        ("Vice President Sales", "management"),
        ("Operations Manager", "professional"),
        ("Office Manager", "lead"),
        ("Secrétaire de direction", "professional"),
        ("Coördinator zorg", "lead"),
        ("Becario de marketing", "junior"),
        ("Amministratore delegato", "management"),
        ("Founder of a student magazine", "management"),
        ("Member of the Board of Directors", "management"),
        ("Chief Petty Officer", "professional"),
        ("Sachbearbeiterin Landratsamt", "professional"),
        ("Pressereferent des Bürgermeisters", "professional"),
        ("Lehrstuhlinhaberin", "professional"),
        ("Entwickler Fahrerassistenzsysteme", "professional"),
        ("Founding Engineer", "professional"),
        ("Basel III Analyst", "professional"),
        ("Bagare", "professional"),
        ("Director's Secretary", "professional"),
        ("Director of Student Services", "director"),
        ("Managing Art Director", "director"),
        ("Founder & Creative Director", "management"),
        ("Geschäftsfuehrer", "management"),
        ("C.E.O.", "management"),
        ("Bauleitender Ingenieur", "lead"),
        ("Section Chief", "lead"),
        ("Zastępca kierownika", "lead"),
        ("Turnusärztin", "junior"),
        ("Młodszy analityk", "junior"),
    ],
)
def test_the_written_rules_of_seniority_hold(title: str, code: str) -> None:
    assert (decision := bundled("seniority").decide(title))
    assert decision.code == code, decision


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("IT Consultant", "consulting"),
        ("M&A Consultant", "consulting"),
        ("Business Development Consultant", "consulting"),
        ("HR Consultant", "human-resources"),
        ("Sales Consultant", "sales"),
        ("IT Recruiter", "human-resources"),
        ("CEO", "other"),
        ("VP Sales", "sales"),
        ("Geschäftsführer Personal", "human-resources"),
        ("Inhaber", "other"),
        ("Professor of Computer Science", "other"),
        ("Sales & Marketing Manager", "other"),
        ("Leiter Vertrieb und Marketing", "marketing"),
        ("Buchhalter bei der Nord Marketing GmbH", "other"),
        ("Kaufmännischer Leiter", "other"),
        ("Angestellter", "other"),
        ("Sachbearbeiter", "administrative"),
        ("Sachbearbeiter Einkauf", "purchasing"),
        ("Order Management Specialist", "administrative"),
        ("Chargé d'affaires", "sales"),
        ("HVAC Technician", "other"),
        ("Maintenance Technician", "information-technology"),
        ("Personal Trainer", "other"),
        ("Personalreferentin", "human-resources"),
        ("Customer Success Manager", "customer-support"),
        ("Projektmanagerin Social Media", "project-management"),
        ("Head of Strategic Partnerships", "business-development"),
        ("Inkoper", "purchasing"),
        ("Visiting Scholar", "consulting"),
    ],
)
def test_the_written_rules_of_department_hold(title: str, code: str) -> None:
    assert (decision := bundled("department").decide(title))
    assert decision.code == code, decision


def test_the_reference_set_is_whole() -> None:
    rows = reference()
    assert len({plain(row["title"]) for row in rows}) == len(rows) == 600
    assert {row["language"] for row in rows} == set(LANGUAGES)
    for name in NAMES:
        assert {row[name] for row in rows} == {label.code for label in bundled(name).taxonomy.labels}


def test_no_reference_title_is_among_the_generated() -> None:
    made = {plain(example.text) for name in NAMES for example in generated(name)}
    assert [row["title"] for row in reference() if plain(row["title"]) in made] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_agree_with_the_reference_set(name: str) -> None:
    rows = reference()
    decisions = bundled(name).decide_many([row["title"] for row in rows])
    right = sum(bool(found and found.code == row[name]) for found, row in zip(decisions, rows, strict=True))
    assert right / len(rows) >= 0.95
