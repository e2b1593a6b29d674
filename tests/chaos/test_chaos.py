"""The short form of the chaos runs, and tests that their checker sees."""

from pathlib import Path

import pytest

from tests.chaos.form import SHORT
from tests.chaos.report import failures
from tests.chaos.run import run
from tests.chaos.system import Ours


@pytest.mark.parametrize(("database", "seed"), [("sqlite", 11), ("postgres", 12)])
def test_a_storm_of_faults_loses_nothing_and_does_nothing_twice(database: str, seed: int, tmp_path: Path) -> None:
    result = run(Ours, database, SHORT, seed=seed, tell=lambda _: None, logs=tmp_path / "logs")
    assert failures([result]) == []
    assert result.verdict.jobs >= SHORT.jobs
    assert sum(result.faults.values()) >= 12
    assert len(result.faults) >= 8
