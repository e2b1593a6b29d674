"""A run in one line: what it is, where it stands, and what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from console.runs import headline
from storage.runs import Run


@pytest.mark.parametrize(
    ("kind", "outcome", "says"),
    [
        ("retag undo", {"restored": 3}, "retag undo, done"),
        ("train", {"artifact": "0123456789abcdef", "verdict": "refused"}, "train, done: @0123456789ab, refused"),
    ],
)
def test_only_a_run_that_made_an_artifact_names_one(kind: str, outcome: Mapping[str, object], says: str) -> None:
    run = Run(1, kind, "done", {}, "", 0, None, {}, outcome, "", datetime(2026, 5, 3, tzinfo=UTC), None, "", 0)
    assert headline(run) == says
