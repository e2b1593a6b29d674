"""`metier tags`: what stood when, by which artifact and why, also around runs that tagged again and were undone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from console.cli.tags import because
from metier.errors import Rejected
from storage import tag_times
from storage.engine import Engine, reading, transaction
from storage.filters import Filter
from storage.tag_times import Stood
from tests.factories import a_title
from tests.integration.retag_world import Levels, apply, bring, by_a_person, undo
from tests.integration.system import Home


def now(engine: Engine) -> datetime:
    """Return the database's clock, with a little room on both sides."""
    from storage import moments
    from storage.dialect import statement, words

    with reading(engine) as connection:
        connection.execute(text("SELECT 1"))
        found = moments.read(connection.execute(statement(f"SELECT {words(connection).now}")).scalar_one())
    return found


def moment(engine: Engine) -> datetime:
    """Wait until the clock has moved, twice, and return a moment in between."""
    begun = now(engine)
    while (between := now(engine)) <= begun + timedelta(milliseconds=2):
        pass
    while now(engine) <= between + timedelta(milliseconds=2):
        pass
    return between


def stood(engine: Engine, at: datetime, taxonomy: str = "seniority") -> list[str]:
    with reading(engine) as connection:
        posting = tag_times.posting(connection, "test:one")
        every = tag_times.all_of(connection, posting.id)
    return [tag.artifact or tag.origin for tag in tag_times.at(every, at) if tag.taxonomy == taxonomy]


def test_a_moment_shows_what_stood_then_also_around_an_undoing(engine: Engine) -> None:
    before = moment(engine)
    bring(engine, a_title("Nurse", key="one"))
    first = moment(engine)
    run = apply(engine, Levels("2"))
    second = moment(engine)
    undo(engine, run)
    third = moment(engine)
    apply(engine, Levels("3"), taxonomies=["department"])
    apply(engine, Levels("4"), taxonomies=["seniority"])
    fourth = moment(engine)
    by_a_person(engine, "Nurse", "seniority", "told")
    assert [stood(engine, at) for at in (before, first, second, third, fourth)] == [
        [], ["seniority@1"], ["seniority@2"], ["seniority@1"], ["seniority@4"]
    ]  # fmt: skip
    assert stood(engine, fourth, "department") == ["department@3"]
    assert stood(engine, moment(engine)) == ["person"]


def test_a_posting_that_nobody_knows_is_said_so(engine: Engine) -> None:
    with reading(engine) as connection, pytest.raises(Rejected, match="there is no posting test:none"):
        tag_times.posting(connection, "test:none")


def test_tags_are_listed_by_the_filter(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), a_title("Driver", language="de"))
    with reading(engine) as connection:
        found = tag_times.find(connection, Filter(taxonomies=["department"], languages=["de"]), most=10)
        assert [(row.title, row.taxonomy, row.code) for row in found] == [("Driver", "department", "1-driver")]
        assert len(tag_times.find(connection, Filter(), most=3)) == 3


def test_reasons_read_as_a_sentence() -> None:
    evidence = {
        "rule": "lead words", "words": ["head", "of"],
        "nearest": [{"text": "Head of Sales", "code": "lead"}, ["Head of IT", "lead"]],
    }  # fmt: skip
    assert because(evidence) == "rule: lead words; words: head, of; nearest: Head of Sales lead, Head of IT lead"
    assert because({"words": []}) == ""


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what differs by database is tested above
def test_the_command_answers_for_a_posting_and_for_a_day(engine: Engine, database: str, tmp_path: Path) -> None:
    bring(engine, a_title("Nurse", key="one"))
    with transaction(engine) as connection:
        connection.execute(text("UPDATE tag SET tagged_at = '2026-05-03 14:00:00.000000'"))
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": database})

    def codes(*words: str) -> list[Any]:
        return [tag["code"] for tag in home.answer("tags", "show", "test:one", *words)["tags"]]

    assert codes() == ["1-nurse", "1-nurse"]
    assert codes("--at", "2026-05-03") == ["1-nurse", "1-nurse"]
    assert codes("--at", "2026-05-03T13:00") == []
    shown = home.metier("tags", "show", "test:one").stdout
    assert "seniority@1" in shown
    assert "words: Nurse" in shown
    wrong = home.metier("tags", "show", "one")
    assert (wrong.returncode, "write SOURCE:KEY" in wrong.stderr) == (2, True)
    listed = home.metier("tags", "list", "--taxonomy", "seniority", "--score-above", "0.5", "--json").stdout
    assert "1-nurse" in listed


def test_what_was_replaced_first_is_what_stood() -> None:
    def tag(code: str, since: int, until: int | None) -> Stood:
        at = datetime(2026, 5, 1, tzinfo=UTC)
        return Stood(
            "t", code, 1, 0.9, True, "model", code, None, {}, at + timedelta(days=since),
            None if until is None else at + timedelta(days=until), None,
        )  # fmt: skip

    every = [tag("first", 0, 1), tag("second", 1, 2), tag("first again", 0, 3), tag("third", 3, None)]
    days = [datetime(2026, 5, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(-1, 5)]
    found = [[tag.code for tag in tag_times.at(every, day)] for day in days]
    assert found == [[], ["first"], ["second"], ["first again"], ["third"], ["third"]]
