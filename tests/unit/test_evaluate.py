"""Figures are what their names say: worked out by hand, against a library, and in what must always hold of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from pipelines.evaluation import draws, evaluate, paired
from pipelines.evaluation.draws import Numbers
from pipelines.evaluation.evaluate import Answers

CHANCE = np.random.default_rng(11)
LABELS = 5


def an_answers(given: list[int], truth: list[int], best: list[float], groups: list[int] | None = None) -> Answers:
    scores = np.array(best, dtype=np.float32)
    together = np.arange(len(given)) if groups is None else np.array(groups)
    size = max(*given, *truth) + 1
    return Answers(np.array(given), scores, scores >= 0.75, np.array(truth), together, size)


def some_answers(rows: int = 300) -> Answers:
    scores = CHANCE.dirichlet(np.ones(LABELS), rows).astype(np.float32)
    truth = np.where(CHANCE.random(rows) < 0.6, scores.argmax(axis=1), CHANCE.integers(0, LABELS, rows))
    return evaluate.of(scores, scores.max(axis=1) > 0.6, truth, CHANCE.integers(0, rows, rows))


FOUR = an_answers([0, 0, 1, 1], [0, 1, 1, 1], [0.9, 0.6, 0.8, 0.7])


def test_shares_are_counted() -> None:
    found = evaluate.values(FOUR)
    assert found["accuracy"] == 0.75
    assert found["macro_f1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert (found["sure"], found["sure_right"]) == (0.5, 1.0)


def test_a_label_that_never_occurs_has_no_figures_and_does_not_weigh() -> None:
    answers = Answers(FOUR.given, FOUR.best, FOUR.sure, FOUR.truth, FOUR.groups, size=3)
    by_label = evaluate.spreads(answers, draws=10)
    assert np.isnan([by_label[name][2].value for name in ("precision", "recall", "f1")]).all()
    assert evaluate.values(answers)["macro_f1"] == evaluate.values(FOUR)["macro_f1"]


def test_figures_agree_with_another_library() -> None:
    answers = some_answers()
    found = evaluate.values(answers)
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(answers.truth, answers.given))
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(answers.truth, answers.given, average="macro"))
    wanted = metrics.precision_recall_fscore_support(answers.truth, answers.given)
    by_label = evaluate.spreads(answers, draws=2)
    for name, values in zip(("precision", "recall", "f1"), wanted, strict=False):
        assert [interval.value for interval in by_label[name]] == pytest.approx(values)


def test_where_several_labels_are_allowed_any_of_them_is_right() -> None:
    scores = np.array([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], dtype=np.float32)
    allowed = np.array([[True, False, True], [False, True, True]])
    answers = evaluate.among(scores, np.ones(2, np.bool_), allowed, np.arange(2))
    assert answers.hits.tolist() == [True, False]
    assert answers.truth.tolist() == [0, 1]  # the one that speaks best for the answer


def test_a_weight_of_two_is_a_row_that_stands_there_twice() -> None:
    answers = some_answers(40)
    times = CHANCE.integers(0, 3, 40)
    twice = answers.part(np.repeat(np.arange(40), times))
    weights = times[None, :].astype(np.float64)
    for name, figure in evaluate.OVERALL.items():
        assert figure(answers, weights)[0] == pytest.approx(evaluate.values(twice)[name]), name


def test_an_interval_holds_its_figure_and_is_the_same_each_time() -> None:
    many = an_answers([0, 1] * 100, [0, 1, 1, 1] * 50, [0.9, 0.8, 0.6, 0.7] * 50)
    found = evaluate.intervals(many, draws=100)
    assert found["accuracy"].low < found["accuracy"].value < found["accuracy"].high
    assert found == evaluate.intervals(many, draws=100)
    assert found != evaluate.intervals(many, draws=100, seed=1)


def test_intervals_cover_the_true_share_about_as_often_as_they_say() -> None:
    inside = 0
    for _ in range(200):
        truth = (CHANCE.random(150) < 0.8).astype(np.int64)
        interval = evaluate.intervals(
            evaluate.said(np.ones(150, np.int64), truth, np.arange(150), 2), {"accuracy": evaluate.accuracy}, draws=200
        )["accuracy"]
        inside += interval.low <= 0.8 <= interval.high
    assert 180 <= inside <= 199


def test_titles_that_are_alike_are_drawn_together_so_that_repeating_them_does_not_feign_certainty() -> None:
    one = some_answers(100)
    one = Answers(one.given, one.best, one.sure, one.truth, np.arange(100), LABELS)
    ten = one.part(np.repeat(np.arange(100), 10))
    once, often = (evaluate.intervals(answers)["accuracy"] for answers in (one, ten))
    assert often.high - often.low == pytest.approx(once.high - once.low, rel=0.2)


def test_draws_come_in_parts_and_weigh_every_group_alike() -> None:
    groups = np.repeat(np.arange(500), 40)
    parts = list(draws.drawn(groups, draws=450))
    weights = np.concatenate(parts)
    assert len(parts) > 1
    assert weights.shape == (450, 20_000)
    assert (weights.reshape(450, 500, 40) == weights[:, ::40, None]).all()
    assert (weights[:, ::40].sum(axis=1) == 500).all()


def test_equal_answers_do_not_change_and_better_ones_do() -> None:
    answers = some_answers()
    better = evaluate.said(
        np.where(np.arange(300) < 150, answers.truth, answers.given), answers.truth, answers.groups, 5
    )
    same = paired.compare(answers, answers)["accuracy"]
    assert (same.change.low, same.change.high, same.worse) == (0.0, 0.0, 0.5)
    change = paired.compare(answers, better)["accuracy"]
    assert change.after - change.before == pytest.approx(change.change.value)
    assert change.change.low > 0
    assert change.worse == 0


def test_a_paired_change_is_surer_than_two_intervals_apart() -> None:
    before = some_answers(400)
    slightly = np.where(np.arange(400) % 20 == 0, before.truth, before.given)
    after = evaluate.said(slightly, before.truth, before.groups, LABELS)
    change = paired.compare(before, after)["accuracy"].change
    alone = evaluate.intervals(after)["accuracy"]
    assert change.high - change.low < (alone.high - alone.low) / 2


def test_a_label_that_breaks_is_seen_label_by_label() -> None:
    before = some_answers()
    broken = evaluate.said(np.where(before.given == 3, 2, before.given), before.truth, before.groups, LABELS)
    f1 = paired.compare_each(before, broken)["f1"]
    assert f1[3].after == 0
    assert f1[3].change.high < 0
    assert f1[0].change.value == 0


def test_answers_to_other_titles_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same titles"):
        paired.compare(some_answers(10), some_answers(11))


def test_nothing_measured_is_no_number() -> None:
    none = some_answers(10).part(np.zeros(10, dtype=np.bool_))
    assert str(evaluate.intervals(none, draws=5)["accuracy"]) == "–"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_figures_are_shares_and_the_order_of_rows_does_not_matter(pairs: list[tuple[int, int]]) -> None:
    said, truth = np.array(pairs, dtype=np.int64).T
    answers = evaluate.said(said, truth, np.arange(len(said)), 4)
    found = evaluate.values(answers)
    assert all(0 <= value <= 1 for value in found.values())
    assert found == pytest.approx(evaluate.values(answers.part(np.arange(len(said))[::-1].copy())))
    assert (found["accuracy"] == 1) == (found["macro_f1"] == 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), max_size=40))
def test_tallies_are_counts(places: list[int]) -> None:
    weights: Numbers = np.ones((2, len(places)))
    counted = draws.tallies(weights, np.array(places, dtype=np.int64), 7)
    assert counted.tolist() == [[places.count(at) for at in range(7)]] * 2
