"""An answer is passed on as it was written, and is the tags that it was made of for whoever asks for them."""

import json

import pytest

from metier.answer import Answer
from metier.types import Tag

SENIOR = Tag("seniority", "senior", 0.8312, sure=True, evidence={"words": ["zebra", 'a "line"\nof two'], "share": 1e-7})
LEAD = Tag("seniority", "lead", 0.1, sure=False)
NURSE = Tag("career", "nurse", 0.97, sure=True, evidence={"rule": "nurse", "nested": {"deep": [1, None, True]}})


def test_an_answer_is_the_tags_that_it_was_made_of() -> None:
    answer = Answer.of([SENIOR, LEAD, NURSE])
    assert list(answer) == [SENIOR, LEAD, NURSE]
    assert (len(answer), answer[1], answer[1:]) == (3, LEAD, [LEAD, NURSE])


def test_tags_of_a_taxonomy_stand_together_each_with_its_own_evidence() -> None:
    assert list(Answer.of([SENIOR, NURSE, LEAD])) == [SENIOR, LEAD, NURSE]


def test_scores_have_the_digits_that_are_stored() -> None:
    assert Answer.of([Tag("career", "nurse", 0.123456789, sure=True)])[0].score == 0.1235


def test_what_is_told_is_by_taxonomy() -> None:
    told = json.loads(Answer.of([SENIOR, LEAD, NURSE]).told)
    assert told == {"seniority": [["senior", 0.8312, True], ["lead", 0.1, False]], "career": [["nurse", 0.97, True]]}


@pytest.mark.parametrize("tags", [[], [LEAD], [SENIOR, LEAD, NURSE]])
def test_an_answer_that_was_written_is_read_as_it_was(tags: list[Tag]) -> None:
    answer = Answer.of(tags)
    again = Answer.read(answer.written())
    assert (list(again), again.told, again.evidence) == (tags, answer.told, answer.evidence)


def test_an_answer_narrowed_to_a_taxonomy_tells_of_nothing_else() -> None:
    answer = Answer.of([SENIOR, NURSE, LEAD]).only({"seniority"})
    assert (list(answer), json.loads(answer.told)) == (
        [SENIOR, LEAD],
        {"seniority": [["senior", 0.8312, True], ["lead", 0.1, False]]},
    )
