"""The bundled career category: its labels, and the examples written for it."""

import csv
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "pipelines" / "taxonomies" / "career"
LANGUAGES = {"en", "fr", "es", "de", "it", "nl", "pt", "ar"}


@pytest.fixture(scope="module")
def labels() -> list[dict[str, Any]]:
    """Read the labels of the taxonomy."""
    found: list[dict[str, Any]] = tomllib.loads((FOLDER / "taxonomy.toml").read_text(encoding="utf-8"))["labels"]
    return found


@pytest.fixture(scope="module")
def examples() -> list[dict[str, str]]:
    """Read the examples."""
    with (FOLDER / "examples.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_there_are_ten_labels_each_with_a_slug_and_a_definition(labels: list[dict[str, Any]]) -> None:
    assert len({label["code"] for label in labels}) == len({label["name"] for label in labels}) == 10
    assert all(label["code"].replace("-", "").isalpha() and label["code"].islower() for label in labels)
    assert all(len(label["definition"].split()) >= 20 for label in labels)


def test_every_example_is_a_short_text_with_a_known_code_and_language(
    labels: list[dict[str, Any]], examples: list[dict[str, str]]
) -> None:
    codes = {label["code"] for label in labels}
    wrong = [row for row in examples if row["code"] not in codes or row["language"] not in LANGUAGES]
    assert wrong == []
    assert [row for row in examples if not 2 <= len(row["text"].strip()) <= 140] == []


def test_no_text_occurs_twice_in_any_spelling_of_case(examples: list[dict[str, str]]) -> None:
    counts = Counter(" ".join(row["text"].casefold().split()) for row in examples)
    assert [text for text, count in counts.items() if count > 1] == []


def test_every_category_has_examples_in_breadth(labels: list[dict[str, Any]], examples: list[dict[str, str]]) -> None:
    assert len(examples) >= 2500
    by_code = Counter(row["code"] for row in examples)
    by_language = Counter((row["code"], row["language"]) for row in examples)
    for label in labels:
        assert by_code[label["code"]] >= 150, label["code"]
        assert all(by_language[label["code"], language] >= 50 for language in ("en", "fr", "es")), label["code"]
        assert all(by_language[label["code"], language] >= 10 for language in LANGUAGES), label["code"]


def test_duties_and_titles_are_both_there_for_every_category(
    labels: list[dict[str, Any]], examples: list[dict[str, str]]
) -> None:
    duties = Counter(row["code"] for row in examples if row["text"].endswith("."))
    titles = Counter(row["code"] for row in examples if not row["text"].endswith("."))
    assert all(duties[label["code"]] >= 30 for label in labels)
    assert all(titles[label["code"]] > duties[label["code"]] for label in labels)


def test_examples_hold_no_contacts(examples: list[dict[str, str]]) -> None:
    assert [row["text"] for row in examples if "@" in row["text"] or "http" in row["text"]] == []
