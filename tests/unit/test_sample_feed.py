"""The bundled sample: enough of it, in many languages, plainly invented, and fit to be ingested."""

import csv
import json
import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from metier.types import Kind
from scheduler.reading.postings import posting_of
from scheduler.reading.rows import Row
from scheduler.reading.tables import open_table

FOLDER = Path(__file__).parents[2] / "console" / "sample"
CONTACT = re.compile(r"[\w.]+@[\w.]+|\+?\d[\d ()/-]{8,}\d")
MONEY = re.compile(r"(CHF|USD|EUR|GBP|CAD|SEK|DKK|KES|MXN|CLP|COP|[€$£]|XOF|FCFA)")


@pytest.fixture(scope="module")
def postings() -> list[dict[str, Any]]:
    """Read the feed."""
    return [json.loads(line) for line in (FOLDER / "postings.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def titles() -> list[dict[str, str]]:
    """Read the table of CV titles."""
    with (FOLDER / "titles.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_feed_has_postings_in_at_least_six_languages(postings: list[dict[str, Any]]) -> None:
    assert len(postings) >= 220
    languages = Counter(posting["language"] for posting in postings)
    assert {"en", "fr", "es", "de", "it", "nl", "pt", "ar"} <= languages.keys()
    assert min(languages.values()) >= 5


def test_every_posting_is_marked_as_sample_and_points_nowhere_real(postings: list[dict[str, Any]]) -> None:
    assert all(posting["sample"] is True for posting in postings)
    links = re.findall(r"https?://([^/\s]+)", " ".join(posting["body"] + " " + posting["url"] for posting in postings))
    assert all(host.endswith(".example.org") for host in links)


def test_ids_and_links_are_unique(postings: list[dict[str, Any]], titles: list[dict[str, str]]) -> None:
    ids = [row["id"] for row in [*postings, *titles]]
    assert len(set(ids)) == len(ids)
    assert len({posting["url"] for posting in postings}) == len(postings)


def test_bodies_read_like_advertisements_and_close_after_they_open(postings: list[dict[str, Any]]) -> None:
    assert [posting["id"] for posting in postings if not 60 <= len(posting["body"].split()) <= 300] == []
    for posting in postings:
        published, closing = date.fromisoformat(posting["published"]), date.fromisoformat(posting["closing"])
        assert published < closing, posting["id"]
        assert published.year == closing.year == 2026, posting["id"]
        assert all(posting[field] for field in ("title", "company", "location", "country")), posting["id"]


def test_some_postings_state_a_salary_and_some_are_posted_twice(postings: list[dict[str, Any]]) -> None:
    paid = [posting for posting in postings if MONEY.search(posting["body"])]
    assert len(paid) >= 35
    intros = Counter((posting["company"], posting["language"], posting["title"].casefold()) for posting in postings)
    assert sum(count > 1 for count in intros.values()) >= 4


def test_there_are_distinct_titles_in_six_languages(titles: list[dict[str, str]]) -> None:
    assert len({row["title"].casefold() for row in titles}) == len(titles) >= 330
    languages = Counter(row["language"] for row in titles)
    assert languages.keys() == {"de", "en", "fr", "it", "es", "nl"}
    assert min(languages.values()) >= 40


def test_positions_end_after_they_start_or_still_last(titles: list[dict[str, str]]) -> None:
    month = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
    assert all(month.fullmatch(row["start"]) for row in titles)
    assert all(row["end"] == "" or (month.fullmatch(row["end"]) and row["start"] < row["end"]) for row in titles)
    assert 0 < sum(row["end"] == "" for row in titles) < len(titles)


@pytest.mark.parametrize(("name", "kind"), [("postings.jsonl", Kind.POSTING), ("titles.csv", Kind.TITLE)])
def test_every_row_is_read_whole_by_the_reader_of_tables(name: str, kind: Kind) -> None:
    with open_table(FOLDER / name) as table:
        rows = list(table.rows())
    read = [posting_of(row, source="sample", kind=kind) for row in rows if isinstance(row, Row)]
    assert len(read) == len(rows) > 200
    assert all(posting.title and posting.company and posting.language for posting in read)
    assert all(posting.published and posting.closing for posting in read if kind is Kind.POSTING)


def test_titles_hold_no_contacts(postings: list[dict[str, Any]], titles: list[dict[str, str]]) -> None:
    assert [row["title"] for row in [*postings, *titles] if CONTACT.search(row["title"])] == []
    assert [posting["id"] for posting in postings if "@" in posting["body"]] == []
