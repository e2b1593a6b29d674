"""What a convention reads of a title."""

import pytest

from pipelines.conventions.folding import Reading, fold, spellings

READING = Reading(
    same={"und": "&", "and": "&"},
    company_after=frozenset({"bei", "at", "@"}),
    legal_forms=frozenset({"gmbh", "inc"}),
    stop_at=frozenset({"der", "of"}),
)


@pytest.mark.parametrize("title", ["Leiter*in", "Leiter:in", "Leiter/in", "Leiter/-in", "Leiter(in)", "LEITER (m/w/d)"])
def test_a_marker_of_gender_is_put_aside(title: str) -> None:
    assert READING.tokens(title) == ["leiter"]


def test_case_accents_and_hyphens_make_no_difference() -> None:
    assert READING.tokens("Chargé d’Affaires") == READING.tokens("charge d'affaires")
    assert READING.tokens("Key-Account-Manager") == ["key", "account", "manager"]


def test_an_umlaut_may_be_written_with_two_letters_or_none() -> None:
    assert spellings("Geschäftsführer") == ["geschaftsfuhrer", "geschaeftsfuehrer"]


def test_words_of_the_same_meaning_become_one() -> None:
    assert READING.tokens("Sales and Marketing") == READING.tokens("Sales & Marketing") == ["sales", "&", "marketing"]


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("Buyer at Consulting Partners", ["buyer"]),
        ("Fahrer bei Nord Marketing, Prokurist", ["fahrer", ",", "prokurist"]),
        ("Leiter der Alpen Software GmbH", ["leiter"]),
        ("Koch, Hotel Personal GmbH", ["koch"]),
    ],
)
def test_the_name_of_a_company_is_left_out(title: str, left: list[str]) -> None:
    assert READING.tokens(title) == left


def test_a_title_that_is_nothing_but_a_company_keeps_something() -> None:
    assert READING.tokens("Marketing GmbH")


@pytest.mark.parametrize("title", ["", " ", "\x00", "…", "½ 🙂", "a" * 5000, "\ud800", "((((", "//:*"])
def test_no_title_is_too_odd_to_read(title: str) -> None:
    assert isinstance(READING.tokens(title), list)
    assert fold(title) == fold(title)
