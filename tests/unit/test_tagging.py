"""One bad text harms no other, is found by halving, and what is no text's fault is raised."""

from datetime import timedelta

import pytest

from metier.errors import ConfigError, Rejected, Transient
from metier.types import Label, Tag, Taxonomy, TaxonomyKind, Text
from pipelines.tagger import Batch
from pipelines.tagging import tag_all

LABELS = Taxonomy("any", "1", TaxonomyKind.FLAT, (Label("a", "A"), Label("b", "B")))


class Picky:
    """A tagger that fails on one title in the way it is told to."""

    taxonomy = LABELS
    artifact = "any@0"

    def __init__(self, refuses: str = "", error: Exception | None = None) -> None:
        self.refuses = refuses
        self.error = error or ValueError("cannot")
        self.calls: list[int] = []

    def tag(self, batch: Batch) -> list[list[Tag]]:
        self.calls.append(len(batch))
        if any(text.title == self.refuses for text in batch.texts):
            raise self.error
        return [[Tag("any", "a", 0.9, True)] for _ in batch.texts]


class Stop(Exception):
    """A time limit."""


def texts(*titles: str) -> list[Text]:
    return [Text(title) for title in titles]


def test_one_bad_text_does_not_sink_its_batch() -> None:
    outcomes = tag_all([Picky("bad")], texts("Driver", "bad", "Nurse"))
    assert [type(outcome) for outcome in outcomes] == [list, ValueError, list]


def test_an_unreadable_text_is_rejected_and_no_tagger_sees_it() -> None:
    tagger = Picky()
    outcomes = tag_all([tagger], texts("Driver", "\x00", "x" * 100_000, "Nurse"))
    assert [isinstance(outcome, Rejected) for outcome in outcomes] == [False, True, True, False]
    assert tagger.calls == [2]


def test_a_rejection_by_a_tagger_is_final_for_its_text_alone() -> None:
    outcomes = tag_all([Picky("bad", Rejected("never"))], texts("bad", "Nurse"))
    assert [isinstance(outcome, Rejected) for outcome in outcomes] == [True, False]


def test_finding_one_bad_text_among_many_takes_few_runs() -> None:
    tagger = Picky("bad")
    tag_all([tagger], texts(*["Nurse"] * 200, "bad", *["Driver"] * 55))
    assert len(tagger.calls) <= 17


@pytest.mark.parametrize("error", [Transient("later", after=timedelta(seconds=5)), ConfigError("stop")])
def test_what_is_no_texts_fault_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        tag_all([Picky("bad", error)], texts("Nurse", "bad"))


def test_an_interruption_that_the_caller_names_is_raised() -> None:
    with pytest.raises(Stop):
        tag_all([Picky("bad", Stop())], texts("Nurse", "bad"), through=(Stop,))


def test_the_tags_of_all_taggers_come_together_in_the_order_of_the_texts() -> None:
    outcomes = tag_all([Picky(), Picky()], texts("Nurse", "Driver"))
    assert [len(outcome) for outcome in outcomes if isinstance(outcome, list)] == [2, 2]


def test_a_tagger_that_answers_too_little_is_not_believed() -> None:
    class Short(Picky):
        def tag(self, batch: Batch) -> list[list[Tag]]:
            return super().tag(batch)[:-1]

    assert all(isinstance(outcome, Exception) for outcome in tag_all([Picky(), Short()], texts("Nurse", "Driver")))


def test_a_title_of_nothing_but_a_gender_marker_is_rejected_alone() -> None:
    class Reader(Picky):
        def tag(self, batch: Batch) -> list[list[Tag]]:
            assert batch.titles
            return super().tag(batch)

    outcomes = tag_all([Reader()], texts("Nurse", "(m/w/d)", "Driver"))
    assert [isinstance(outcome, Rejected) for outcome in outcomes] == [False, True, False]


def test_no_texts_are_no_work() -> None:
    tagger = Picky()
    assert tag_all([tagger], []) == []
    assert tagger.calls == []
