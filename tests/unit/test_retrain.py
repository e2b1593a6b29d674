"""A taxonomy is trained again when enough is new, and never when nothing is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.retrain import Rule, Standing, head_of, reason, stand
from storage.runs import Run

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RULE = Rule(after=100, every=timedelta(days=30))


def a_run(*, days: float = 1, fingerprint: str = "old", own: int = 50, **what_matters: Any) -> Run:  # Any: fields
    fields = {
        "id": 1, "kind": "train", "state": "done", "params": {"taxonomy": "seniority"}, "step": "", "done": 5,
        "total": 5, "checkpoint": {}, "outcome": {"fingerprint": fingerprint, "own": own}, "error": "",
        "started_at": NOW - timedelta(days=days), "ended_at": NOW, "owner": "", "job": 1,
    }  # fmt: skip
    return Run(**{**fields, **what_matters})


def standing(count: int, *known: Run, fingerprint: str = "new") -> Standing:
    return stand("seniority", fingerprint, count, known=known)


@pytest.mark.parametrize(("count", "due"), [(149, False), (150, True), (0, False)])
def test_enough_new_examples_are_a_reason(count: int, due: bool) -> None:
    assert bool(reason(standing(count, a_run()), RULE, NOW)) is due


def test_time_alone_is_no_reason_but_with_any_change_it_is() -> None:
    assert not reason(standing(51, a_run(days=29)), RULE, NOW)
    assert reason(standing(51, a_run(days=31)), RULE, NOW)
    assert not reason(standing(51, a_run(days=3000), fingerprint="old"), RULE, NOW)


def test_an_exchange_of_examples_counts_when_its_time_comes() -> None:
    assert reason(standing(50, a_run(days=31)), RULE, NOW)


def test_what_was_never_trained_waits_for_enough() -> None:
    assert not reason(standing(99), RULE, NOW)
    assert reason(standing(100), RULE, NOW)


@pytest.mark.parametrize("state", ["waiting", "running"])
def test_one_run_at_a_time(state: str) -> None:
    assert not reason(standing(500, a_run(state=state), a_run()), RULE, NOW)


def test_a_failed_run_is_left_to_people_for_a_day() -> None:
    assert not reason(standing(500, a_run(state="failed", days=0.5), a_run()), RULE, NOW)
    assert reason(standing(500, a_run(state="failed", days=1.5), a_run()), RULE, NOW)


def test_a_run_with_files_of_its_own_and_one_of_another_taxonomy_say_nothing() -> None:
    with_files = a_run(fingerprint="new", own=150, params={"taxonomy": "seniority", "files": ["x.csv"]})
    other = a_run(fingerprint="new", own=150, params={"taxonomy": "career"})
    assert reason(standing(150, with_files, other, a_run()), RULE, NOW)


def test_a_rule_of_no_examples_switches_it_off() -> None:
    assert not reason(standing(500, a_run()), Rule(0, timedelta(days=30)), NOW)


def test_the_head_that_serves_is_trained_again() -> None:
    tuned = a_run(outcome={"artifact": "b"}, params={"taxonomy": "seniority", "head": "finetuned"})
    plain = a_run(outcome={"artifact": "a"})
    assert head_of("b", known=[plain, tuned]) == "finetuned"
    assert head_of("a", known=[plain, tuned]) == "own"
    assert head_of("bundled", known=[plain, tuned]) == "own"
    assert head_of("", known=[a_run(outcome={})]) == "own"
