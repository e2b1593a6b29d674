"""A run in one line: what it is, where it stands, and what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from console.runs import headline
from storage.runs import Run


@pytest.mark.parametrize(
    ("kind", "params", "outcome", "says"),
    [
        ("retag", {"taxonomies": ["career", "ward"]}, {}, "retag career, ward, done"),
        ("retag undo", {"taxonomies": ["ward"], "run": 3}, {"restored": 3}, "retag undo of run 3, done"),
        (
            "train",
            {"taxonomy": "ward"},
            {"artifact": "0123456789abcdef", "verdict": "refused"},
            "train ward, done: ward@0123456789ab, refused",
        ),
    ],
)
def test_a_run_says_what_it_is_about_and_what_it_made(
    kind: str, params: Mapping[str, object], outcome: Mapping[str, object], says: str
) -> None:
    run = Run(1, kind, "done", params, "", 0, None, {}, outcome, "", datetime(2026, 5, 3, tzinfo=UTC), None, "", 0)
    assert headline(run) == says
