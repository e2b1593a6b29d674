"""Calibration, and what is left when only the surest answers are kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from pipelines.evaluation import evaluate
from pipelines.evaluation import scores as evaluate_scores
from pipelines.evaluation.evaluate import Answers

CHANCE = np.random.default_rng(3)


def an_answers(best: list[float], right: list[bool]) -> Answers:
    scores = np.array(best, dtype=np.float32)
    truth = np.where(right, 0, 1).astype(np.int64)
    return Answers(np.zeros(len(best), np.int64), scores, scores > 0.5, truth, np.arange(len(best)), 2)


def test_scores_that_come_true_are_calibrated_and_boasts_are_not() -> None:
    best = CHANCE.uniform(0.3, 1.0, 20_000)
    honest = an_answers(best.tolist(), (CHANCE.random(20_000) < best).tolist())
    assert evaluate.values(honest, evaluate_scores.SCORES)["ece"] < 0.02
    boast = an_answers([0.9] * 10, [True] * 5 + [False] * 5)
    assert evaluate.values(boast, evaluate_scores.SCORES)["ece"] == pytest.approx(0.4)


def test_the_distance_of_scores_from_the_truth_is_that_of_another_library() -> None:
    scores = CHANCE.dirichlet(np.ones(4), 100).astype(np.float32)
    truth = CHANCE.integers(0, 4, 100)
    answers = evaluate.of(scores, np.ones(100, np.bool_), truth, np.arange(100))
    rows = ((scores - np.eye(4)[truth]) ** 2).sum(axis=1).mean()
    assert evaluate.values(answers, evaluate_scores.SCORES)["brier"] == pytest.approx(rows)
    alone = an_answers([0.9, 0.6, 0.4], [True, False, True])
    wanted = metrics.brier_score_loss([1, 0, 1], [0.9, 0.6, 0.4])
    assert evaluate.values(alone, evaluate_scores.SCORES)["brier"] == pytest.approx(wanted)


def test_bins_hold_what_a_diagram_of_reliability_shows() -> None:
    bins = evaluate_scores.reliability(an_answers([0.95, 0.99, 0.51, 1.0], [True, False, True, True]))
    assert [(one.answers, round(one.right, 3)) for one in bins] == [(1, 1.0), (3, 0.667)]
    assert sum(one.answers for one in bins) == 4


def test_coverage_is_the_largest_share_that_is_right_often_enough() -> None:
    answers = an_answers([0.9, 0.8, 0.7, 0.6], [True, True, False, True])
    at = {right: evaluate_scores.coverage_at(right)(answers, np.ones((1, 4)))[0] for right in (1.0, 0.75, 0.5)}
    assert at == {1.0: 0.5, 0.75: 1.0, 0.5: 1.0}


def test_answers_of_one_score_are_kept_or_given_up_together() -> None:
    answers = an_answers([0.9, 0.9, 0.5], [True, False, False])
    assert evaluate_scores.coverage_at(0.9)(answers, np.ones((1, 3)))[0] == 0
    assert [point.coverage for point in evaluate_scores.risk_coverage(answers)] == pytest.approx([2 / 3, 1.0])


def test_the_curve_ends_at_all_answers_with_the_share_that_is_wrong() -> None:
    best = CHANCE.random(1000)
    answers = an_answers(best.tolist(), (CHANCE.random(1000) < best).tolist())
    points = evaluate_scores.risk_coverage(answers, points=50)
    assert len(points) == 50
    assert points[-1].coverage == 1
    assert points[-1].risk == pytest.approx(1 - evaluate.values(answers)["accuracy"])
    assert [point.threshold for point in points] == sorted((point.threshold for point in points), reverse=True)
    assert evaluate_scores.area(answers) < points[-1].risk  # the surest are right more often


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1, width=32), st.booleans()), min_size=1, max_size=40), st.sampled_from([0.5, 0.9])
)
def test_what_coverage_promises_is_kept(rows: list[tuple[float, bool]], right: float) -> None:
    answers = an_answers([score for score, _ in rows], [hit for _, hit in rows])
    share = evaluate_scores.coverage_at(right)(answers, np.ones((1, len(rows))))[0]
    kept = np.argsort(-answers.best, kind="stable")[: round(share * len(rows))]
    assert not len(kept) or answers.hits[kept].mean() >= right - 1e-6
    assert 0 <= evaluate.values(answers, evaluate_scores.SCORES)["ece"] <= 1


def test_no_answers_give_no_curve_and_no_number() -> None:
    none = an_answers([0.5], [True]).part(np.zeros(1, np.bool_))
    assert evaluate_scores.risk_coverage(none) == []
    assert evaluate_scores.reliability(none) == []
    assert np.isnan(evaluate_scores.area(none))
    assert np.isnan(evaluate_scores.calibration_error(none, np.ones((1, 0)))[0])
