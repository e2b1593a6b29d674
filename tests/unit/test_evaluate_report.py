"""A whole measurement: what is read of a file, what a tagger says, and what the report makes of it."""

from collections.abc import Sequence

import numpy as np
import pytest

from metier.errors import ConfigError, Rejected
from metier.types import Label, Tag, Taxonomy, TaxonomyKind, Text
from pipelines import seen
from pipelines.evaluation import answers as evaluate_answers
from pipelines.evaluation import report, review, rows
from pipelines.evaluation.report import Report, Wish
from pipelines.evaluation.rows import Labelled, Names
from tests.unit.test_evaluate_scores import an_answers

SIZES = Taxonomy(
    "size",
    "1",
    TaxonomyKind.ORDINAL,
    (Label("s", "Small", rank=0), Label("m", "Medium", rank=1), Label("l", "Large", rank=2)),
)
ROWS = [
    *(("tiny house", "s"), ("Tiny House", "s"), ("plain house", "m")),
    *(("huge house", "l"), ("huge barn", "m"), ("!", "s")),
]


def some_rows() -> Labelled:
    names = Names.of(SIZES)
    return rows.labelled([Text(title) for title, _ in ROWS], [names.read(code) for _, code in ROWS], SIZES)


def by_first_word(texts: Sequence[Text], top: int) -> list[list[Tag] | Exception]:
    answers: list[list[Tag] | Exception] = []
    for text in texts:
        word = text.title.lower().split(" ")[0]
        code = {"tiny": "s", "huge": "l"}.get(word, "m")
        rest = [label.code for label in SIZES.labels if label.code != code]
        tags = [Tag("size", code, 0.8, word != "plain", {"rule": "first word", "words": [word]})]
        tags += [Tag("size", other, 0.1, False) for other in rest]
        answers.append(Rejected("the title is empty") if word == "!" else tags[:top])
    return answers


def a_report(learnt: Sequence[str] = ("plain house",)) -> Report:
    answered = evaluate_answers.ask(by_first_word, some_rows(), SIZES)
    known = seen.among(answered.labelled.titles, seen.marks(learnt))
    return report.report(answered, SIZES, "size@1", languages=["en"] * 5, seen=known, wish=Wish(right=0.75, draws=50))


def test_labels_are_read_by_code_or_name_and_several_may_be_right() -> None:
    names = Names.of(SIZES)
    assert (names.read("s"), names.read("LARGE"), names.read("s | Large")) == ([0], [2], [0, 2])
    for cell in ("", " | ", "s|huge"):
        with pytest.raises(Rejected):
            names.read(cell)


def test_a_code_goes_before_a_name() -> None:
    crossed = Taxonomy("x", "1", TaxonomyKind.FLAT, (Label("a", "B"), Label("b", "A")))
    assert Names.of(crossed).read("a") == [0]


def test_no_rows_are_said() -> None:
    with pytest.raises(ConfigError, match="--column"):
        rows.labelled([], [], SIZES)


def test_titles_that_differ_in_case_alone_are_drawn_together() -> None:
    groups = some_rows().groups
    assert groups[0] == groups[1]
    assert len(np.unique(groups)) == 5


def test_a_title_that_cannot_be_tagged_is_set_aside_with_its_reason() -> None:
    found = a_report()
    assert (found.rows, found.distinct) == (5, 4)
    assert found.refused == ["row 6: the title is empty"]


def test_figures_are_those_of_the_answers() -> None:
    found = a_report()
    assert found.overall["accuracy"].value == 0.8
    assert found.overall["mae"].value == pytest.approx(0.2)
    assert found.overall["sure"].value == 0.8
    assert found.overall["hits@1"].value == 0.8
    assert found.confusion == [[2, 0, 0], [0, 1, 1], [0, 0, 1]]
    medium = found.labels[1]
    assert (medium.rows, medium.figures["precision"].value, medium.figures["recall"].value) == (2, 1.0, 0.5)


def test_rows_whose_title_was_learnt_are_measured_apart() -> None:
    found = a_report()
    assert found.seen == 1
    assert {part.name: (part.rows, part.figures["accuracy"].value) for part in found.parts} == {
        "unseen": (4, 0.75),
        "seen": (1, 1.0),
    }


def test_the_worst_mistake_comes_with_its_reason() -> None:
    (mistake,) = a_report(["huge barn"]).mistakes
    assert (mistake.title, mistake.truth, mistake.given) == ("huge barn", "m", "l")
    assert (mistake.why, mistake.seen) == ("first word: huge", True)


def test_a_precision_is_turned_into_a_threshold_and_a_load() -> None:
    answers = an_answers([0.9, 0.8, 0.7, 0.6], [True, True, False, False])
    found = review.of(answers, ["a", "b"], 1.0)
    assert found.chosen.threshold == pytest.approx(0.8)
    assert (found.chosen.coverage, found.chosen.right) == (0.5, 1.0)
    first, second = found.labels
    assert (first.answers, first.kept, first.review, first.right) == (4, 2, 2, 1.0)
    assert (second.answers, second.kept, second.review, second.right) == (0, 0, 0, None)


def test_where_no_threshold_is_right_enough_all_is_left_to_review() -> None:
    found = review.of(an_answers([0.9, 0.8], [False, True]), ["a"], 0.9)
    assert (found.chosen.threshold, found.chosen.coverage, found.labels[0].review) == (None, 0.0, 2)


@pytest.mark.parametrize(
    ("labels", "wanted"),
    [
        ([Label("a", "A"), Label("b", "B")], None),
        ([Label("top", "T"), Label("mid", "M", "top"), Label("low", "L", "mid"), Label("x", "X")], [0, 0, 0, 1]),
        ([Label("13-1161.00", "A"), Label("13-2011.00", "B"), Label("29-1141.00", "C")], [0, 0, 1]),
    ],
)
def test_super_categories_are_topmost_parents_or_major_groups(labels: list[Label], wanted: list[int] | None) -> None:
    found = report.super_categories(Taxonomy("x", "1", TaxonomyKind.TREE, tuple(labels)))
    assert (found if found is None else found.tolist()) == wanted
