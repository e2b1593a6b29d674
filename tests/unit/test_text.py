"""What is read of a title: without noise and gender markers, bounded, and refused when nothing is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metier.errors import Rejected
from metier.types import Text
from metier.wording import NOISE
from pipelines import text


@pytest.mark.parametrize(
    ("title", "tidied"),
    [
        ("Leiter (m/w/d) Vertrieb", "Leiter Vertrieb"),
        ("Vendeur H/F", "Vendeur"),
        ("Nurse (all genders)", "Nurse"),
        ("Leiter*in Einkauf", "Leiterin Einkauf"),
        ("Sachbearbeiter/-in", "Sachbearbeiterin"),
        ("Angestellte(r)", "Angestellter"),
        ("chargé·e d'affaires", "chargée d'affaires"),
        ("Impiegato/a", "Impiegato"),
        ("Head\u00a0of\tSales\n", "Head of Sales"),
        ("Ｆull width", "Full width"),
        ("a\x00b\ud800c", "a b c"),
        ("I/O Engineer", "I/O Engineer"),
        ("F&I Manager", "F&I Manager"),
    ],
)
def test_a_title_is_read_as_a_person_would_write_it(title: str, tidied: str) -> None:
    assert text.tidy([title]) == [tidied]


@pytest.mark.parametrize(
    ("title", "words"),
    [("Sr. Engineer, C++/C#", "sr engineer c++ c#"), ("İnşaat", "inşaat"), ("R&D_Lead", "r&d lead"), ("***", "")],
)
def test_words_are_told_apart_by_single_blanks(title: str, words: str) -> None:
    assert text.normalise([title]) == [words]


@given(st.lists(st.text(max_size=40)))
def test_titles_read_together_are_read_as_each_alone(titles: list[str]) -> None:
    tidied = text.tidy(titles)
    assert tidied == [text.tidy([title])[0] for title in titles]
    assert text.normalise(tidied) == [text.normalise([title])[0] for title in tidied]


@given(st.text(max_size=60))
def test_tidying_a_tidy_title_leaves_no_controls_and_no_double_blanks(title: str) -> None:
    (tidied,) = text.tidy([title])
    assert "  " not in tidied
    assert "\x00" not in tidied
    tidied.encode()


@pytest.mark.parametrize("title", ["", "  ", "\x00", "\ud800", "\u200b\n"])
def test_an_empty_title_is_refused_with_what_to_do(title: str) -> None:
    with pytest.raises(Rejected, match="fill in `title`"):
        text.check(Text(title))


def test_a_title_as_long_as_a_body_is_refused_without_being_quoted() -> None:
    with pytest.raises(Rejected, match=r"100,000 characters") as caught:
        text.check(Text("x" * 100_000))
    assert len(str(caught.value)) < 200


def test_a_long_title_is_read_from_its_beginning() -> None:
    assert len(text.tidy(["word " * 390])[0]) <= text.READ_OF_TITLE


def test_of_a_body_the_beginning_is_encoded_with_the_title() -> None:
    passage = text.passage("Nurse", "Nights\x00 and\n\nweekends. " + "x" * 50_000_000)
    assert passage.startswith("Nurse\nNights and weekends. ")
    assert len(passage) < text.READ_OF_BODY + 10


def test_a_title_without_a_body_is_encoded_as_it_is() -> None:
    assert text.passage("Nurse", " \n") == "Nurse"


def test_what_is_encoded_is_without_every_kind_of_noise() -> None:
    for char in map(chr, range(0x10000)):
        expected = " ".join(NOISE.sub(" ", f"a{char}b").split())
        if text.passage("", f"a{char}b") != f"\n{expected}":
            pytest.fail(f"U+{ord(char):04X} is read otherwise")
