"""`metier tag --fields`: fields stand beside the tags, in JSON lines and in tables, and nowhere when not asked for."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from console.order import Order, carry_out
from metier.errors import ConfigError
from tests.fakes.tagging import WordEngine, describe

BODY = "We pay EUR 55k to 65k per year. The work is fully remote. Apply until 3 June 2026, with all of your papers."


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows: list[dict[str, Any]] = [
        {"id": 1, "title": "Senior Driver", "body": BODY, "location": "Basel, Switzerland"},
        {"id": 2, "title": "***"},
        {"id": 3, "title": "Nurse"},
    ]
    file = tmp_path / "jobs.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return file


def test_json_lines_carry_the_fields_of_each_row_that_was_tagged(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    carry_out(Order(table, out, fields=True), WordEngine, describe)
    first, refused, bare = (json.loads(line) for line in out.read_text().splitlines())
    assert first["fields"] == {
        "salary": {
            "currency": "EUR", "low": 55_000, "high": 65_000, "period": "year", "stated": True, "yearly_low": 55_000,
            "yearly_high": 65_000,
        },
        "remote": "remote", "language": "en", "closing": "2026-06-03", "country": "CH",
    }  # fmt: skip
    assert set(refused) == {"id", "error"}
    assert (bare["tags"]["words"][0]["code"], bare["fields"]) == ("nurse", {})


def test_tables_have_a_column_for_each_field(table: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    carry_out(Order(table, out, fields=True), WordEngine, describe)
    with out.open(newline="") as opened:
        first, refused, bare = csv.DictReader(opened)
    assert (first["country"], first["closing"], first["salary_yearly_high"]) == ("CH", "2026-06-03", "65000.0")
    assert (refused["country"], bare["country"], bare["salary_low"]) == ("", "", "")


def test_nothing_is_read_that_is_not_asked_for(table: Path, tmp_path: Path) -> None:
    carry_out(Order(table, tmp_path / "out.jsonl"), WordEngine, describe)
    carry_out(Order(table, tmp_path / "out.csv"), WordEngine, describe)
    assert "fields" not in (tmp_path / "out.jsonl").read_text()
    assert "salary_low" not in (tmp_path / "out.csv").read_text().splitlines()[0]


def test_a_run_without_fields_is_not_taken_up_by_one_with_them(table: Path, tmp_path: Path) -> None:
    class Dies(WordEngine):
        def tag(self, *_: object, **__: object) -> Any:  # never returns
            raise KeyboardInterrupt

    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        carry_out(Order(table, out), Dies, describe)
    with pytest.raises(ConfigError, match="differs in: fields"):
        carry_out(Order(table, out, resume=True, fields=True), WordEngine, describe)
