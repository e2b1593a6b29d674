"""The bench counts the best of its rounds and says plainly what was reached, missed or not measured."""

import pytest

from tests.bench import texts
from tests.bench.figures import Best, Target, judge, percentile

FIGURES = {"quick": [80.0, 90.0, 85.0], "bare": [100.0, 70.0, 90.0], "wait": [0.3, 0.2]}


def share(best: Best) -> float:
    return best.rate("quick") / best.rate("bare")


@pytest.mark.parametrize(("at_least", "word"), [(0.9, "reached"), (0.91, "missed"), (None, "shown")])
def test_a_ratio_of_the_best_rounds_is_judged(at_least: float | None, word: str) -> None:
    (verdict,) = judge([Target("share", share, at_least=at_least)], FIGURES)
    assert (verdict.value, verdict.word) == (0.9, word)


@pytest.mark.parametrize(("at_most", "word"), [(0.2, "reached"), (0.19, "missed")])
def test_of_times_the_lowest_counts(at_most: float, word: str) -> None:
    (verdict,) = judge([Target("wait", lambda best: best.least("wait"), at_most=at_most)], FIGURES)
    assert verdict.word == word


def test_a_target_without_its_figures_is_not_measured() -> None:
    (verdict,) = judge([Target("share", share, at_least=0.5)], {"bare": [1.0]})
    assert (verdict.value, verdict.word) == (None, "not measured")


def test_a_percentile_is_a_value_that_occurs() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert percentile(values, 0.95) == 96.0
    assert percentile([1.0], 0.95) == 1.0


def test_texts_are_always_the_same_and_no_two_alike() -> None:
    titles = texts.titles(5_000)
    assert titles == texts.titles(5_000)
    assert len(set(titles)) == 5_000
    bodies = texts.bodies(50)
    assert len(set(bodies)) == 50
    assert min(len(body.split()) for body in bodies) > 256
