"""Rankings, distances of levels and super-categories are measured as their definitions say."""

import numpy as np
import pytest
from sklearn import metrics

from pipelines.evaluation import evaluate, ranking
from pipelines.evaluation.evaluate import Answers

CHANCE = np.random.default_rng(5)
SURE = np.ones(2, np.bool_)
TWO = np.array([[0.1, 0.6, 0.2, 0.1], [0.4, 0.1, 0.2, 0.3]], dtype=np.float32)


def an_allowed() -> Answers:
    allowed = np.array([[False, False, True, False], [False, True, False, True]])
    return evaluate.among(TWO, SURE, allowed, np.arange(2))


def some_answers() -> Answers:
    scores = CHANCE.dirichlet(np.ones(6), 200).astype(np.float32)
    return evaluate.of(scores, np.ones(200, np.bool_), CHANCE.integers(0, 6, 200), np.arange(200))


def test_a_ranking_is_read_from_the_top() -> None:
    # the first text has its label in second place; the second has one of its two in second place, the other last
    found = evaluate.values(an_allowed(), ranking.figures(an_allowed(), (1, 2, 3)))
    assert (found["hits@1"], found["hits@2"], found["hits@3"]) == (0.0, 1.0, 1.0)
    assert found["mrr"] == 0.5
    second = 1 / np.log2(3)
    assert found["ndcg@2"] == pytest.approx((second + second / (1 + second)) / 2)


def test_rankings_agree_with_another_library() -> None:
    answers = some_answers()
    assert answers.scores is not None
    found = evaluate.values(answers, ranking.figures(answers))
    for k in (1, 3, 5):
        wanted = metrics.top_k_accuracy_score(answers.truth, answers.scores, k=k, labels=range(6))
        assert found[f"hits@{k}"] == pytest.approx(wanted)
    true = np.eye(6)[answers.truth]
    assert found["ndcg@3"] == pytest.approx(metrics.ndcg_score(true, answers.scores, k=3), abs=1e-6)
    assert found["mrr"] == pytest.approx(metrics.label_ranking_average_precision_score(true, answers.scores))
    assert "hits@10" not in found  # of six labels, any ten are all


def test_answers_without_scores_have_no_ranking() -> None:
    assert ranking.figures(evaluate.said(np.array([0]), np.array([0]), np.array([0]), 3)) == {}


def test_levels_are_compared_by_their_distance() -> None:
    answers = evaluate.said(np.array([0, 2, 1, 0]), np.array([0, 0, 1, 1]), np.arange(4), 3)
    found = evaluate.values(answers, ranking.ordinal(np.array([0, 1, 2])))
    assert found["mae"] == 0.75
    reordered = evaluate.values(answers, ranking.ordinal(np.array([2, 0, 1])))
    assert reordered["mae"] == 0.75 + (1 - 2 + 2 - 1) / 4  # by rank, not by the order in which labels are written


def test_agreement_beyond_chance_is_that_of_another_library() -> None:
    answers = some_answers()
    found = evaluate.values(answers, ranking.ordinal(np.arange(6)))
    assert found["kappa"] == pytest.approx(metrics.cohen_kappa_score(answers.truth, answers.given, weights="quadratic"))
    one = evaluate.said(np.zeros(3, np.int64), np.zeros(3, np.int64), np.arange(3), 6)
    assert np.isnan(evaluate.values(one, ranking.ordinal(np.arange(6)))["kappa"])


def test_a_neighbour_in_the_right_super_category_counts() -> None:
    answers = an_allowed()  # answers 1 and 0; right would have been 2, and 1 or 3
    above = np.array([0, 1, 1, 2])
    assert evaluate.values(answers, {"parents": ranking.parents(answers, above)}) == {"parents": 0.5}
