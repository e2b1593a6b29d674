"""`metier retag` as a person uses it: look, apply, look how far, undo."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from console.retag_preview import Changed, Compared, preview
from metier.types import Tag, Text
from storage import heartbeats
from storage.engine import Engine, transaction
from storage.filters import Filter
from storage.heartbeats import Process
from tests.factories import a_title
from tests.installed import artifacts
from tests.integration.retag_world import Levels, bring, by_a_person, codes, rows, tags, work
from tests.integration.system import Home


class Other(Levels):
    """Agrees on nurses only, and is less sure."""

    def tag(self, texts: Sequence[Text], *, top: int = 3) -> list[list[Tag] | Exception]:
        """Give the old answer to nurses and another to the rest."""
        return [
            ValueError("planted") if text.title == "Odd" else
            [Tag("seniority", "1-nurse" if text.title == "Nurse" else "other", 0.4, text.title != "Cook")]
            for text in texts
        ]  # fmt: skip


def test_a_preview_counts_compares_and_estimates_and_writes_nothing(engine: Engine) -> None:
    bring(engine, *(a_title(title, key=title) for title in ("Nurse", "Driver", "Cook", "Judge", "Odd")))
    by_a_person(engine, "Judge", "seniority", "told")
    with transaction(engine) as connection:
        heartbeats.beat(
            connection, Process("w", "worker:tag", "here", 1), counters={"tagged": 1000, "busy_seconds": 400.0},
            artifacts={}, progressed=0,
        )  # fmt: skip
    before = tags(engine)
    found = preview(engine, Filter(), ["seniority"], Other(), most=100)
    assert (found.postings, found.waiting, found.by_people, found.sample, found.failed) == (5, 0, 1, 5, 1)
    assert (found.rate, found.seconds) == (2.5, 2.0)
    assert found.taxonomies == [Compared("seniority", "seniority@1", 3, 1, 0, 1, 1)]
    assert sorted(found.changes, key=lambda change: change.old) == [
        Changed("seniority", "1-cook", "other", 1, ["test:Cook"]),
        Changed("seniority", "1-driver", "other", 1, ["test:Driver"]),
    ]
    assert tags(engine) == before
    assert rows(engine, "SELECT count(*) FROM run") == [(0,)]
    assert preview(engine, Filter(text="nobody"), ["seniority"], Other(), most=5).postings == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what differs by database is tested beside this
def test_a_run_from_looking_to_undoing(
    engine: Engine, database: str, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": database, "METIER_ARTIFACTS": str(artifacts(pytestconfig))})
    bring(engine, a_title("Senior nurse", key="one"), a_title("Head of sales", key="two", source="cvs"))
    before = tags(engine)
    shown: dict[str, Any] = home.answer("retag", "--taxonomy", "seniority", "--source", "cvs", "--dry-run")
    assert (shown["postings"], shown["changes"][0]["old"]) == (1, "1-head of sales")
    assert shown["changes"][0]["new"] == "lead"
    asked = home.metier("retag", "--taxonomy", "seniority")
    assert (asked.returncode, "say --yes" in asked.stderr) == (2, True)
    run = home.answer("retag", "--taxonomy", "seniority", "--source", "cvs", "--yes")
    assert (run["state"], run["done"], run["open"], run["filter"]) == ("applying", 1, 1, {"sources": ["cvs"]})
    work(engine, Levels("2"))
    assert codes(engine) == {"Senior nurse": "1-senior nurse", "Head of sales": "2-head of sales"}
    assert home.answer("retag", "show", str(run["run"]))["retagged"] == 1
    undone = home.answer("retag", "undo", str(run["run"]), "--wait")
    assert (undone["state"], undone["restored"], undone["left"]) == ("done", 1, {})
    assert tags(engine) == before
    listed = home.metier("retag", "list").stdout
    assert ("retag undo" in listed, "undone" in listed) == (True, True)
    bare = home.metier("retag")
    assert (bare.returncode, "--taxonomy seniority" in bare.stderr) == (2, True)
