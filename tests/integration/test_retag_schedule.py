"""The scheduler carries on what a command began and left: it hands out, ends and undoes, and never floods the jobs."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from metier.settings import Settings
from scheduler import periodic
from scheduler.drift import Measure
from scheduler.retag import Retag
from scheduler.work import AGAIN, Outcome, Periodic, Work
from storage import retag_runs, retags, schedule, undoing
from storage.engine import Engine, reading, transaction
from storage.filters import Filter
from storage.schedule import Schedule
from tests.factories import a_title
from tests.integration.retag_world import TAXONOMIES, Levels, apply, bring, codes, rows, tags, work

Turn = Callable[..., Outcome]


@pytest.fixture
def turn(engine: Engine) -> Turn:
    """Return what runs one slot of a periodic job, each a new slot."""
    slot = datetime(2026, 5, 3, tzinfo=UTC)
    with transaction(engine) as connection:
        schedule.seed(connection, [one := Schedule("retag", "retag", "every 10s")])

    def run(kind: Periodic, *, stopped: bool = False) -> Outcome:
        nonlocal slot
        slot += timedelta(seconds=10)
        with transaction(engine) as connection:
            assert schedule.take(connection, "retag", slot, owner="me", lease=60)
        ours = Work(engine, one, slot, "me", threading.Event())
        if stopped:
            ours.stop.set()
        outcome = kind.run(ours)
        ours.end(outcome)
        return outcome

    return run


def begun(engine: Engine) -> int:
    with transaction(engine) as connection:
        return retags.begin(connection, Filter(), TAXONOMIES, total=6, by="test")


def state(engine: Engine, run: int) -> str:
    with reading(engine) as connection:
        return retag_runs.get(connection, run).state


def test_a_run_that_its_command_left_is_handed_out_and_ended(engine: Engine, turn: Turn) -> None:
    bring(engine, *(a_title(f"Nurse {number}") for number in range(6)))
    run = begun(engine)
    turn(Retag())
    work(engine, Levels("2"))
    assert state(engine, run) == "applying"
    turn(Retag())
    assert state(engine, run) == "done"
    assert {code[:1] for code in codes(engine).values()} == {"2"}
    assert turn(Retag()) == Outcome("done", "0 runs open, 0 pieces")


def test_no_more_is_handed_out_than_there_is_room_for(engine: Engine, turn: Turn) -> None:
    bring(engine, *(a_title(f"Nurse {number}") for number in range(6)))
    begun(engine)
    with transaction(engine) as connection:
        retags.feed(connection, 1, span=3)
    turn(Retag(room=3))
    assert rows(engine, "SELECT count(*) FROM job WHERE state = 'ready'") == [(3,)]
    work(engine, Levels("2"))
    turn(Retag(room=3))
    assert rows(engine, "SELECT count(*) FROM job WHERE state = 'ready'") == [(3,)]


def test_an_undoing_is_carried_on_and_being_told_to_stop_is_obeyed(engine: Engine, turn: Turn) -> None:
    bring(engine, *(a_title(f"Nurse {number}") for number in range(6)))
    before = tags(engine)
    run = apply(engine, Levels("2"))
    with transaction(engine) as connection:
        number = undoing.begin(connection, run, by="test")
        undoing.step(connection, number, piece=2)
    assert turn(Retag(), stopped=True) is AGAIN
    assert state(engine, number) == "undoing"
    turn(Retag())
    assert (state(engine, number), state(engine, run)) == ("done", "undone")
    assert tags(engine) == before


def test_drift_is_measured_by_the_schedule_and_says_what_is_missing(engine: Engine, turn: Turn) -> None:
    from storage import artifacts

    with transaction(engine) as connection:
        artifacts.adopt(connection, {"seniority": "1"})
    bring(engine, a_title("Nurse"))
    assert turn(Measure()) == Outcome("done", "0 alarms; seniority needs 999 more")


def test_every_seeded_schedule_has_a_kind_that_does_it() -> None:
    kinds = periodic.kinds(Settings(_env_file=None), threading.Event(), on={})
    assert {one.kind for one in periodic.SEEDS} <= set(kinds)
    assert {"retag", "drift"} <= {one.kind for one in periodic.SEEDS}
