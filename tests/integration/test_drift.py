"""The first answers of an artifact are kept, months are counted behind them, and a shift is told where people look."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from scheduler import metrics
from scheduler.drift import measure
from storage import artifacts, drift, postings
from storage.engine import Engine, reading, transaction
from tests.factories import a_title
from tests.integration.retag_world import Levels, apply, rows, work

FIRST = 60
ARTIFACT = "seniority@1"
NOW = datetime.now(UTC)
THIS_MONTH = f"{NOW:%Y-%m}"
MONTH_BEFORE = f"{NOW.replace(day=1) - timedelta(days=1):%Y-%m}"


@pytest.fixture
def serving(engine: Engine) -> Engine:
    """Return a database in which the artifact seniority@1 serves."""
    with transaction(engine) as connection:
        artifacts.adopt(connection, {"seniority": "1", artifacts.ENCODER: "2"})
    return engine


def tagged(engine: Engine, titles: dict[str, int], *, at: datetime, score: float = 0.9, version: str = "1") -> None:
    """Ingest so many titles of each name and tag them at a moment."""
    before = {id_ for (id_,) in rows(engine, "SELECT DISTINCT posting_id FROM tag")}
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title(title) for title, count in titles.items() for _ in range(count)])
    work(engine, Levels(version, ["seniority"], score))
    with transaction(engine) as connection:
        connection.execute(
            text("UPDATE tag SET tagged_at = :at WHERE posting_id > :last"),
            {"at": at.replace(tzinfo=None).isoformat(" ", "microseconds"), "last": max(before, default=0)},
        )


def found(engine: Engine) -> dict[tuple[str, str], Any]:
    with reading(engine) as connection:
        return {(one.month, one.what): one for one in drift.measured(connection)}


def long_ago(days: int = 100) -> datetime:
    return NOW - timedelta(days=days)


def test_there_is_no_judgement_before_there_is_a_reference(serving: Engine) -> None:
    tagged(serving, {"Nurse": FIRST - 10}, at=long_ago())
    assert measure(serving, first=FIRST) == {"seniority": 10}
    assert found(serving) == {}


def test_a_month_like_the_first_answers_is_no_alarm_and_a_shifted_one_is(serving: Engine) -> None:
    tagged(serving, {"Nurse": 40, "Driver": 20}, at=long_ago())
    tagged(serving, {"Nurse": 42, "Driver": 18}, at=datetime.fromisoformat(f"{MONTH_BEFORE}-15").replace(tzinfo=UTC))
    tagged(serving, {"Nurse": 5, "Driver": 75}, at=NOW, score=0.35)
    assert measure(serving, first=FIRST) == {"seniority": 0}
    months = found(serving)
    assert {key: one.alarm for key, one in months.items()} == {
        (MONTH_BEFORE, "labels"): False, (MONTH_BEFORE, "scores"): False,
        (THIS_MONTH, "labels"): True, (THIS_MONTH, "scores"): True,
    }  # fmt: skip
    assert {(one.n, one.reference) for (month, _), one in months.items() if month == THIS_MONTH} == {(80, 60)}
    page = metrics.exposition(serving).decode()
    assert 'metier_drift_alarm{taxonomy="seniority",what="labels"} 1.0' in page


def test_measuring_again_counts_nothing_twice_and_sees_what_came_since(serving: Engine) -> None:
    tagged(serving, {"Nurse": FIRST}, at=long_ago())
    tagged(serving, {"Nurse": 55}, at=NOW)
    for _ in range(2):
        measure(serving, first=FIRST)
        assert found(serving)[THIS_MONTH, "labels"].n == 55
    tagged(serving, {"Nurse": 10}, at=NOW)
    measure(serving, first=FIRST)
    assert found(serving)[THIS_MONTH, "labels"].n == 65


def test_what_a_run_tagged_again_does_not_count_and_what_it_replaced_does(serving: Engine) -> None:
    tagged(serving, {"Nurse": FIRST}, at=long_ago())
    tagged(serving, {"Nurse": 55}, at=NOW)
    apply(serving, Levels("1", ["seniority"], 0.2), taxonomies=["seniority"])
    measure(serving, first=FIRST)
    assert {one.n for one in found(serving).values()} == {55}
    assert {one.distance for one in found(serving).values()} == {0.0}


def test_a_small_month_is_not_judged(serving: Engine) -> None:
    tagged(serving, {"Nurse": FIRST}, at=long_ago())
    tagged(serving, {"Driver": 30}, at=NOW)
    measure(serving, first=FIRST)
    assert found(serving) == {}


def test_a_new_champion_has_a_reference_of_its_own(serving: Engine) -> None:
    tagged(serving, {"Nurse": FIRST}, at=long_ago())
    tagged(serving, {"Driver": 60}, at=NOW)
    measure(serving, first=FIRST)
    with transaction(serving) as connection:
        artifacts.register(connection, "seniority", "2")
        artifacts.promote(connection, "seniority", "2", expected="1")
        assert drift.latest(connection) == []
    tagged(serving, {"Driver": 10}, at=NOW, version="2")
    assert measure(serving, first=FIRST) == {"seniority": 50}
    assert found(serving)[THIS_MONTH, "labels"].artifact == ARTIFACT
