"""The figures are what their names say."""

import numpy as np
import pytest

from tests.quality import figures
from tests.quality.figures import Answers


def an_answers(given: list[int], truth: list[int], best: list[float]) -> Answers:
    scores = np.array(best, dtype=np.float32)
    return Answers(np.array(given), scores, scores >= 0.75, np.array(truth), np.arange(len(given)))


FOUR = an_answers([0, 0, 1, 1], [0, 1, 1, 1], [0.9, 0.6, 0.8, 0.7])


def test_shares_are_counted() -> None:
    assert figures.accuracy(FOUR) == 0.75
    assert figures.macro_f1(FOUR) == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert (figures.sure_share(FOUR), figures.sure_right(FOUR)) == (0.5, 1.0)
    assert (figures.coverage(FOUR, 1.0), figures.coverage(FOUR, 0.7)) == (0.75, 1.0)


def test_an_interval_holds_its_figure_and_is_the_same_each_time() -> None:
    many = an_answers([0, 1] * 100, [0, 1, 1, 1] * 50, [0.9, 0.8, 0.6, 0.7] * 50)
    found = figures.intervals(many, draws=100)
    assert found.keys() == figures.FIGURES.keys()
    value, low, high = found["accuracy"]
    assert low < value < high
    assert found == figures.intervals(many, draws=100)
