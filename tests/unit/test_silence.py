"""A title that says nothing gets no sure tag, whatever most titles are."""

import pytest

from metier.types import Text
from pipelines import text
from pipelines.silence import says_nothing
from pipelines.tagging import tag_all
from tests.unit.test_tagging import Picky

NOTHING = [
    "N/A",
    "n.a.",
    "null",
    "None",
    "12345",
    "2026 / 117",
    "---",
    "k.A.",
    "Sans titre",
    "Non renseigné",
    "TBD",
    "xxx",
]
SOMETHING = ["Nurse", "CEO", "3D Artist", "Level 2 Support", "NA Sales Lead", "Nil Basin Officer", "看護師", "IT"]


@pytest.mark.parametrize("title", NOTHING)
def test_what_fills_a_field_says_nothing(title: str) -> None:
    assert says_nothing(text.normalise(text.tidy([title]))[0])


@pytest.mark.parametrize("title", SOMETHING)
def test_whatever_names_work_says_something(title: str) -> None:
    assert not says_nothing(text.normalise(text.tidy([title]))[0])


def test_nothing_that_is_said_of_such_a_title_is_sure() -> None:
    outcomes = tag_all([Picky()], [Text("N/A"), Text("Nurse"), Text("N/A", "We look for a nurse.")])
    assert [[tag.sure for tag in outcome] for outcome in outcomes if isinstance(outcome, list)] == [
        [False],
        [True],
        [True],
    ]
