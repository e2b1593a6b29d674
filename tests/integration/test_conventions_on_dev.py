"""The written conventions, without any model, against titles that people labelled; skipped where those are absent."""

import csv
from pathlib import Path

import pytest

from pipelines.conventions import convention

ROOT = Path(__file__).parents[2]
DEV = ROOT.parent / "shared" / "data" / "titles" / "dev.csv"
pytestmark = pytest.mark.skipif(not DEV.exists(), reason="the labelled titles are not here")


@pytest.mark.parametrize(("name", "floor"), [("seniority", 0.92), ("department", 0.85)])
def test_the_rules_alone_agree_with_people(name: str, floor: float) -> None:
    with DEV.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = convention.load(ROOT / "pipelines" / "taxonomies" / name).decide_many([row["title"] for row in rows])
    wanted = [row[name].lower().replace(" ", "-") for row in rows]
    right = sum(decision is not None and decision.code == code for decision, code in zip(found, wanted, strict=True))
    assert right / len(rows) >= floor
