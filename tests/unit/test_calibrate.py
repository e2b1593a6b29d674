"""Rule weight, temperature, bias and threshold are found again in titles that were drawn from them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from pipelines import calibrate
from pipelines.calibrate import Judged
from pipelines.classify import Decided, Mixture

CODES = ("care", "sales", "other")
TRUE = Mixture(rules=4.0, temperature=2.0, bias={"other": 1.5})


@dataclass(frozen=True, slots=True)
class Said:
    """A decision."""

    code: str
    confidence: float = 0.8
    rule: str = "rule"
    words: tuple[str, ...] = ()


def a_judged(mixture: Mixture = TRUE, *, rows: int = 6000) -> Judged:
    """Return titles whose labels are drawn from the scores under these numbers."""
    chance = np.random.default_rng(1)
    logits = (3 * chance.standard_normal((rows, len(CODES)))).astype(np.float32)
    decided: list[Decided | None] = [Said(CODES[place]) if place < 3 else None for place in chance.integers(0, 6, rows)]
    blank = Judged(logits, decided, CODES, np.zeros(rows, dtype=np.int64))
    ends = blank.scores(mixture).cumsum(axis=1)
    answers = (chance.random((rows, 1)) > ends).sum(axis=1).clip(max=len(CODES) - 1)
    return replace(blank, answers=answers.astype(np.int64))


def test_the_numbers_from_which_labels_were_drawn_are_found_again() -> None:
    found = calibrate.fit(a_judged(), Mixture(), rules=(2.0, 4.0, 8.0), towards=("other",))
    assert found.rules == 4
    assert found.temperature == pytest.approx(2.0, rel=0.1)
    assert found.bias == {"other": pytest.approx(1.5, abs=0.3)}


def test_what_is_not_asked_for_stays() -> None:
    start = Mixture(rules=3.0, doubt=0.2, sure=0.7, bias={"care": 0.4})
    found = calibrate.fit(a_judged(), start)
    assert replace(found, temperature=start.temperature) == start


def test_fitted_numbers_make_scores_probabilities() -> None:
    judged = a_judged()
    before, after = (judged.scores(mixture) for mixture in (Mixture(), calibrate.fit(judged, TRUE)))

    def error_of(scores: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> float:
        return calibrate.error(scores.max(axis=1), scores.argmax(axis=1) == judged.answers)

    assert error_of(after) < 0.02
    assert error_of(before) > 0.05


def test_easy_titles_and_no_titles_are_no_trouble() -> None:
    easy = Judged(np.eye(3, dtype=np.float32) * 9, [None] * 3, CODES, np.arange(3))
    assert calibrate.fit(easy, Mixture()).temperature == pytest.approx(0.3, abs=0.2)
    assert calibrate.fit(easy.part(np.zeros(3, dtype=np.bool_)), Mixture()) == Mixture()


def test_the_threshold_is_the_lowest_score_from_which_enough_are_right() -> None:
    best = np.array([0.9, 0.8, 0.7, 0.6], dtype=np.float32)
    scores = np.stack([best, 1 - best], axis=1)
    assert calibrate.threshold(scores, np.array([0, 0, 1, 1]), right=1.0) == pytest.approx(0.8)
    assert calibrate.threshold(scores, np.array([0, 0, 1, 0]), right=0.75) == pytest.approx(0.6)
    assert calibrate.threshold(scores, np.array([1, 1, 1, 1]), right=0.5) == 1.0


def test_no_threshold_is_lower_than_a_coin() -> None:
    scores = np.array([[0.4, 0.3, 0.3]], dtype=np.float32)
    assert calibrate.threshold(scores, np.array([0]), right=0.9) == calibrate.LEAST


def test_the_calibration_error_is_the_distance_between_score_and_share() -> None:
    best = np.array([0.7, 0.7, 0.7, 0.7, 1.0], dtype=np.float32)
    hits = np.array([True, True, False, False, True])
    assert calibrate.error(best, hits) == pytest.approx(0.8 * 0.2)
    assert calibrate.error(best[:0], hits[:0]) == 0
