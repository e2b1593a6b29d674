"""CVs as people write them, in six languages: positions with their dates, or nothing where nothing can be told."""

import json
from pathlib import Path
from typing import Any

import pytest

from metier.errors import Rejected
from scheduler.reading.cv_dates import partial, single, spans
from scheduler.reading.cv_privacy import redacted
from scheduler.reading.cv_text import read

CASES = [
    json.loads(line) for line in (Path(__file__).parents[1] / "data" / "cvs.jsonl").read_text("utf-8").splitlines()
]


def test_there_are_cases_enough_in_each_language() -> None:
    languages = [case["language"] for case in CASES]
    assert len(CASES) >= 60
    assert all(languages.count(language) >= 8 for language in ("de", "en", "es", "fr", "it", "nl"))


@pytest.mark.parametrize("case", CASES, ids=[f"{number}-{case['language']}" for number, case in enumerate(CASES)])
def test_a_cv_gives_its_positions_or_is_set_aside(case: dict[str, Any]) -> None:  # Any: JSON
    if case.get("refused"):
        with pytest.raises(Rejected, match="no position with dates"):
            read(case["text"].splitlines(), "cv")
        return
    found = redacted(read(case["text"].splitlines(), "cv")).positions
    said = [
        [one.title, one.organization, one.start, "now" if one.current else one.end, *(["side"] if one.side else [])]
        for one in found
    ]
    assert said == case["positions"]


@pytest.mark.parametrize(
    ("line", "start", "end"),
    [
        ("seit 03/2019", "2019-03", "now"),
        ("mars 2018 – aujourd'hui", "2018-03", "now"),
        ("2015-18 Buyer", "2015", "2018"),
        ("Jan – Mar 2019", "2019-01", "2019-03"),
        ("von Januar 2015 bis Dezember 2018", "2015-01", "2018-12"),
        ("Desde enero de 2019 hasta la actualidad", "2019-01", "now"),
        ("dal 2018 al 2020", "2018", "2020"),
        ("2019 - oggi", "2019", "now"),
        ("01.02.2010 - 31.12.2012", "2010-02-01", "2012-12-31"),
        ("Sept 2014 to present", "2014-09", "now"),
        ("2020 –", "2020", "now"),
        ("03/19 – 07/21", "2019-03", "2021-07"),
        ("Mar '95 - Feb '18", "1995-03", "2018-02"),
        ("van sep. 2016 t/m aug. 2019", "2016-09", "2019-08"),
        ("2010/2012", "2010", "2012"),
    ],
)
def test_a_period_is_read_in_many_styles(line: str, start: str, end: str) -> None:
    [span] = spans(line)
    assert (span.start, "now" if span.current else span.end) == (start, end)


@pytest.mark.parametrize(
    "line", ["+49 89 2019 2020 33", "2010 – 2008", "1890 – 1895", "13/2010 – 14/2012", "Room 2019"]
)
def test_what_is_no_period_is_none(line: str) -> None:
    assert spans(line) == []


def test_a_date_is_as_precise_as_it_is_said() -> None:
    said = ["Mar 2019", "2013-12-01", "2013", "12/2013", "2019-03-04T00:00:00Z", "soon", "2013-02-31x"]
    assert [partial(text) for text in said] == ["2019-03", "2013-12-01", "2013", "2013-12", "2019-03-04", "", ""]
    assert single("Buyer 2017 at Acme") is None
