"""The gate lets a candidate through only where people's labels show that it is no worse."""

import random
from collections.abc import Callable, Sequence

import pytest

from pipelines.gate import Answers, Bounds, Measured, Outcome, judge

CODES = ("junior", "senior", "lead", "director")
NOTHING = Answers([], [], [])


def some(rows: int, champion: float, candidate: float) -> Answers:
    """Return answers of which such shares are right; where both are right or wrong is chance."""
    chance = random.Random(7)
    truth = [CODES[number % len(CODES)] for number in range(rows)]

    def said(right: float) -> list[str]:
        wrong = set(chance.sample(range(rows), round(rows * (1 - right))))
        return [other(code) if at in wrong else code for at, code in enumerate(truth)]

    return Answers(truth, said(champion), said(candidate))


def other(code: str) -> str:
    return CODES[(CODES.index(code) + 1) % len(CODES)]


def measured(own: Answers, *, reference: Answers = NOTHING, slower: float = 1.0) -> Measured:
    return Measured(own, reference, slower)


def same(rows: int) -> Answers:
    found = some(rows, 0.9, 0.9)
    return Answers(found.truth, found.champion, found.champion)


def test_a_better_candidate_passes() -> None:
    judgement = judge(measured(some(400, 0.80, 0.90), reference=same(600)), Bounds())
    assert judgement.outcome is Outcome.PASSED
    assert judgement.figures["own_difference"] == pytest.approx(0.1)


def test_one_that_answers_the_same_passes() -> None:
    assert judge(measured(same(200), reference=same(600)), Bounds()).outcome is Outcome.PASSED


def test_a_worse_candidate_is_refused() -> None:
    judgement = judge(measured(some(400, 0.90, 0.84)), Bounds(fall=1.0))
    assert judgement.outcome is Outcome.REFUSED
    assert "your labelled titles" in judgement.reasons[0]


def test_one_that_is_worse_on_the_reference_titles_is_refused() -> None:
    judgement = judge(measured(same(400), reference=some(600, 0.95, 0.90)), Bounds(fall=1.0))
    assert judgement.outcome is Outcome.REFUSED
    assert "the reference titles" in judgement.reasons[0]


def test_a_candidate_that_is_better_overall_but_has_lost_a_label_is_refused() -> None:
    truth = ["junior"] * 380 + ["director"] * 20
    champion = ["junior"] * 300 + ["senior"] * 80 + ["director"] * 20
    candidate = ["junior"] * 380 + ["lead"] * 20
    judgement = judge(measured(Answers(truth, champion, candidate)), Bounds())
    assert judgement.figures["own_difference"] == pytest.approx(0.15)
    assert judgement.outcome is Outcome.REFUSED
    assert judgement.reasons == ("director falls: 20 more of its 20 titles are wrong",)


def test_two_titles_of_a_label_are_chance() -> None:
    truth = ["junior"] * 300 + ["director"] * 4
    champion = list(truth)
    candidate = ["junior"] * 300 + ["director"] * 2 + ["lead"] * 2
    assert judge(measured(Answers(truth, champion, candidate)), Bounds(worse=0.02)).outcome is Outcome.PASSED


def test_a_slow_candidate_is_refused_however_good() -> None:
    judgement = judge(measured(some(400, 0.5, 0.9), slower=1.5), Bounds())
    assert judgement.outcome is Outcome.REFUSED
    assert judgement.reasons == ("it takes 1.50 times the champion's time, at most 1.25 may be",)


@pytest.mark.parametrize("rows", [0, 1, 199])
def test_with_too_few_labels_it_says_how_many_more(rows: int) -> None:
    judgement = judge(measured(some(rows, 0.5, 1.0), reference=some(600, 0.5, 1.0)), Bounds())
    assert judgement.outcome is Outcome.CANNOT_JUDGE
    assert judgement.reasons[0].startswith(f"{200 - rows} more labels needed")


def test_every_fault_is_named() -> None:
    judgement = judge(measured(some(400, 0.9, 0.3), reference=some(600, 0.9, 0.3), slower=9.0), Bounds())
    assert len(judgement.reasons) == 3 + len(CODES)


def test_the_same_answers_get_the_same_figures() -> None:
    asked = measured(some(400, 0.8, 0.82), reference=same(600))
    assert judge(asked, Bounds()) == judge(asked, Bounds())


@pytest.mark.parametrize(("rows", "least"), [(200, 0.0), (4000, 0.9)])
def test_the_more_labels_the_smaller_a_gain_that_it_sees(rows: int, least: float) -> None:
    """One point better is not seen in 200 titles, and is in 4,000."""
    passed = [judge(measured(shuffled(rows, seed)), Bounds()).outcome is Outcome.PASSED for seed in range(20)]
    assert sum(passed) / 20 >= least
    assert least or sum(passed) / 20 < 0.5


def shuffled(rows: int, seed: int) -> Answers:
    chance = random.Random(seed)
    truth = [chance.choice(CODES) for _ in range(rows)]
    draw: Callable[[float], Sequence[str]] = lambda right: [  # noqa: E731
        code if chance.random() < right else other(code) for code in truth
    ]
    return Answers(truth, draw(0.85), draw(0.86))
