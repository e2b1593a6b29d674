"""Layouts of CVs as PDF that programs write: LinkedIn's profile, Europass in capitals."""

from pathlib import Path

import pytest

from scheduler.reading.cv_pdf import lines
from scheduler.reading.cv_text import read
from tests.fakes.cv_files import pdf

LINKEDIN = """Contact
www.linkedin.example/in/adalindq
Top Skills
Negotiation
Adalind Quenneville
Head of Procurement at Northwind Ltd
Rookvale, England, United Kingdom
Experience
Northwind Ltd
Head of Procurement
2024 - Present (less than a year)
Rookvale, England, United Kingdom
Leads a team of twelve.
Globex
8 years
Senior Buyer
January 2015 - December 2018 (4 years)
Rookvale, England, United Kingdom
Steel and plastics.
Buyer
March 2012 - December 2014 (2 years 10 months)
Page 1 of 2
Junior Buyer
January 2011 - February 2012 (1 year 2 months)
Rookvale, England, United Kingdom
Initech
Intern
June 2010 - December 2010 (7 months)
Education
University of Rookvale
Bachelor of Science, Economics · (2007 - 2010)"""
LINKEDIN_DE = """Berufserfahrung
Nordwerk AG
5 Jahre 2 Monate
Leiterin Einkauf
Januar 2020 - Present (4 Jahre 1 Monat)
Hamburg, Deutschland
Einkäuferin
Dezember 2018 - Dezember 2019 (1 Jahr 1 Monat)
Hamburg, Deutschland
Südlicht
Sachbearbeiterin Einkauf
August 2015 - November 2018 (3 Jahre 4 Monate)
Ausbildung"""
LINKEDIN_FR = """Expérience
Boréal Distribution
4 ans 6 mois
Responsable achats
janvier 2021 - Present (3 ans)
Lyon et périphérie
Acheteuse
juillet 2019 - décembre 2020 (1 an 6 mois)
Formation"""
EUROPASS = """**WORK EXPERIENCE**
01/03/2019 – CURRENT Rookvale, United Kingdom
**HEAD OF PROCUREMENT** NORTHWIND LTD
Leads a team.
01/01/2015 – 31/12/2018 Rookvale, United Kingdom
**SENIOR BUYER** GLOBEX
01/06/2012 – 31/12/2014 Rookvale, United Kingdom
**FIELD OFFICER** EXAMPLE RELIEF FOUNDATION
**EDUCATION AND TRAINING**
01/09/2007 – 30/06/2010 Rookvale
**BACHELOR OF ECONOMICS** University of Rookvale"""
EUROPASS_EMPLOYER_FIRST = """WORK EXPERIENCE
NORTHWIND LTD – ROOKVALE, UNITED KINGDOM
HEAD OF PROCUREMENT – 01/03/2019 – CURRENT
Leads a team.
GLOBEX – ROOKVALE, UNITED KINGDOM
SENIOR BUYER – 01/01/2015 – 31/12/2018
EDUCATION AND TRAINING"""
EUROPASS_IT = """**ESPERIENZA LAVORATIVA**
01/03/2019 – ATTUALE – Torino, Italia
**RESPONSABILE ACQUISTI** – ROSSINI IMPIANTI
01/01/2015 – 28/02/2019 – Torino, Italia
**IMPIEGATA UFFICIO ACQUISTI** – BELLINI
**ISTRUZIONE E FORMAZIONE**"""
EUROPASS_DE = """**BERUFSERFAHRUNG**
01/03/2019 – AKTUELL Hamburg, Deutschland
**LEITERIN EINKAUF** NORDWERK
01/01/2015 – 28/02/2019 Bremen, Deutschland
**EINKÄUFERIN** SÜDLICHT
**BILDUNG**"""


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        pytest.param(LINKEDIN, [
            ("Head of Procurement", "Northwind Ltd", "2024"), ("Senior Buyer", "Globex", "2015-01"),
            ("Buyer", "Globex", "2012-03"), ("Junior Buyer", "Globex", "2011-01"), ("Intern", "Initech", "2010-06"),
        ], id="LinkedIn"),
        pytest.param(LINKEDIN_DE, [
            ("Leiterin Einkauf", "Nordwerk AG", "2020-01"), ("Einkäuferin", "Nordwerk AG", "2018-12"),
            ("Sachbearbeiterin Einkauf", "Südlicht", "2015-08"),
        ], id="LinkedIn in German"),
        pytest.param(LINKEDIN_FR, [
            ("Responsable achats", "Boréal Distribution", "2021-01"), ("Acheteuse", "Boréal Distribution", "2019-07"),
        ], id="LinkedIn in French"),
        pytest.param(EUROPASS, [
            ("HEAD OF PROCUREMENT", "NORTHWIND LTD", "2019-03-01"), ("SENIOR BUYER", "GLOBEX", "2015-01-01"),
            ("FIELD OFFICER", "EXAMPLE RELIEF FOUNDATION", "2012-06-01"),
        ], id="Europass"),
        pytest.param(EUROPASS_EMPLOYER_FIRST, [
            ("HEAD OF PROCUREMENT", "NORTHWIND LTD", "2019-03-01"), ("SENIOR BUYER", "GLOBEX", "2015-01-01"),
        ], id="Europass, the employer first"),
        pytest.param(EUROPASS_IT, [
            ("RESPONSABILE ACQUISTI", "ROSSINI IMPIANTI", "2019-03-01"),
            ("IMPIEGATA UFFICIO ACQUISTI", "BELLINI", "2015-01-01"),
        ], id="Europass in Italian"),
        pytest.param(EUROPASS_DE, [
            ("LEITERIN EINKAUF", "NORDWERK", "2019-03-01"), ("EINKÄUFERIN", "SÜDLICHT", "2015-01-01"),
        ], id="Europass in German"),
    ],
)  # fmt: skip
def test_each_position_is_read_with_its_employer(
    tmp_path: Path, text: str, positions: list[tuple[str, str, str]]
) -> None:
    path = tmp_path / "cv.pdf"
    path.write_bytes(pdf(text.splitlines()))
    found = read(lines(path), "cv").positions
    assert [(one.title, one.organization, one.start) for one in found] == positions


def test_a_line_that_turns_from_bold_to_plain_once_is_parted_there(tmp_path: Path) -> None:
    path = tmp_path / "cv.pdf"
    path.write_bytes(pdf(["**Buyer** Globex", "We **really** bought steel", "**Buyer, Globex**", "2012 **Buyer**"]))
    assert [line for line in lines(path) if line] == [
        "Buyer\t Globex", "We really bought steel", "Buyer, Globex", "2012 \tBuyer",
    ]  # fmt: skip
