"""The scheduler's loop: what is due is started once, what hangs delays nothing, what is away is waited for."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from metier.types import Posting
from scheduler.forget import Forget
from scheduler.loop import AT_ONCE, Loop
from scheduler.poll import Poll
from scheduler.pressure import Pressure
from scheduler.sources import Source
from scheduler.work import Counts, Periodic
from storage import heartbeats, schedule, sources
from storage.engine import Engine, create, reading, transaction
from storage.heartbeats import Process
from storage.schedule import Schedule, Slot
from tests.factories import a_posting
from tests.fakes.sources import Listed
from tests.servers import Postgres

ONE = [a_posting(source="listed", key="1")]


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    yield made
    made.dispose()


def named(name: str, postings: list[Posting], before: Callable[[int], None] = lambda page: None) -> Listed:
    source = Listed(postings, before=before)
    source.name = name
    return source


def polling(*found: Source, pressure: Pressure | None = None, limit: float = 300.0) -> dict[str, Periodic]:
    kind = Poll({source.name: source for source in found}, (pressure or Pressure(1000)).paused)
    kind.limit = limit
    return {"poll": kind}


def seeded(engine: Engine, *names: str) -> None:
    rows = [Schedule(f"poll {name}", "poll", "every 1s", {"source": name}) for name in names]
    with transaction(engine) as connection:
        schedule.seed(connection, rows)


def a_loop(engine: Engine, kinds: dict[str, Periodic], *, name: str = "a", pressure: Pressure | None = None) -> Loop:
    process = Process(name, "scheduler", "here", 1)
    return Loop(engine, kinds, process=process, pressure=pressure or Pressure(1000), counts=Counts())


@contextlib.contextmanager
def running(loop: Loop) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def soon(true: Callable[[], bool], *, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


def slots(engine: Engine, name: str) -> list[Slot]:
    with reading(engine) as connection:
        return schedule.slots(connection, f"poll {name}")


def postings(engine: Engine) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text("SELECT count(*) FROM posting")).scalar_one())


def test_what_is_due_is_polled_and_written_down(engine: Engine) -> None:
    seeded(engine, "listed")
    with running(a_loop(engine, polling(Listed(ONE)))):
        assert soon(lambda: any(slot.outcome == "done" for slot in slots(engine, "listed")))
    assert postings(engine) == 1


def test_three_schedulers_run_each_slot_once(engine: Engine) -> None:
    seeded(engine, "listed")
    asked: list[float] = []
    found = [Listed(ONE, before=lambda page: asked.append(time.monotonic())) for _ in range(3)]
    with contextlib.ExitStack() as stack:
        for number, source in enumerate(found):
            stack.enter_context(running(a_loop(engine, polling(source), name=str(number))))
        assert soon(lambda: len(slots(engine, "listed")) >= 3)
    ended = [slot for slot in slots(engine, "listed") if slot.outcome]
    assert {slot.outcome for slot in ended} == {"done"}
    assert len(asked) <= len(slots(engine, "listed")) + 2, "a page and an end for the first poll, an end for the others"
    assert postings(engine) == 1


def test_a_source_that_hangs_delays_no_other_and_is_given_up(engine: Engine) -> None:
    seeded(engine, "listed", "hung")
    release = threading.Event()
    hung = named("hung", ONE, lambda page: (release.wait(20), None)[1])
    loop = a_loop(engine, polling(Listed(ONE), hung, limit=1.5))
    with running(loop):
        assert soon(lambda: len([slot for slot in slots(engine, "listed") if slot.outcome == "done"]) >= 2)
        assert soon(lambda: any(slot.outcome == "timed out" for slot in slots(engine, "hung")))
        time.sleep(2.5)
        names = [thread.name for thread in threading.enumerate()]
        assert names.count("poll hung") == 1, "hanging threads do not add up"
        release.set()
        assert soon(lambda: len(slots(engine, "hung")) >= 2), "once it is free it is polled again"
    with reading(engine) as connection:
        assert {state.name: state.bad for state in sources.listed(connection)} == {"hung": 0, "listed": 0}


def test_none_starves_where_more_are_due_than_are_started_in_a_turn(engine: Engine) -> None:
    found = [named(f"board{number:02}", []) for number in range(3 * AT_ONCE)]
    seeded(engine, *(source.name for source in found))
    with running(a_loop(engine, polling(*found))):
        assert soon(lambda: all(source.closed >= 2 for source in found), seconds=60)


def test_a_late_answer_of_a_poll_that_was_given_up_counts_for_nothing(engine: Engine) -> None:
    seeded(engine, "hung")
    release = threading.Event()
    hung = named("hung", ONE, lambda page: (release.wait(20), None)[1])
    loop = a_loop(engine, polling(hung, limit=0.5))
    with running(loop):
        assert soon(lambda: any(slot.outcome == "timed out" for slot in slots(engine, "hung")))
        with transaction(engine) as connection:
            connection.execute(text("UPDATE schedule SET enabled = false"))
        release.set()
        assert soon(lambda: hung.closed == 1)
    assert postings(engine) == 0


def test_polling_pauses_at_the_bound_and_resumes_at_half(engine: Engine) -> None:
    seeded(engine, "listed")
    many = [a_posting(source="listed", key=str(number)) for number in range(12)]
    pressure = Pressure(4)
    with running(a_loop(engine, polling(Listed(many), pressure=pressure), pressure=pressure)):
        assert soon(pressure.paused.is_set)
        assert soon(lambda: bool(slots(engine, "listed")))
        before = len(slots(engine, "listed"))
        time.sleep(2.5)
        assert len(slots(engine, "listed")) == before, "no slot is taken meanwhile"
        with reading(engine) as connection:
            counters = heartbeats.all_since(connection, seconds=60)[0].counters
        assert set(counters) >= {"polling_paused", "open_jobs", "loop_lag"}
        with transaction(engine) as connection:
            connection.execute(text("UPDATE job SET state = 'done', run_at = NULL"))
        assert soon(lambda: len(slots(engine, "listed")) > before)
    assert not pressure.paused.is_set()


def test_pressure_has_two_thresholds() -> None:
    pressure = Pressure(10)
    seen = []
    for count in (9, 10, 7, 6, 5, 9, 12):
        pressure.note(count)
        seen.append(pressure.paused.is_set())
    assert seen == [False, True, True, True, False, False, True]


def test_stopping_ends_a_poll_at_its_next_page_and_gives_its_slot_back(engine: Engine) -> None:
    seeded(engine, "listed")
    started = threading.Event()
    many = [a_posting(source="listed", key=str(number)) for number in range(2000)]

    def slowly(page: int) -> None:
        started.set()
        time.sleep(0.05)

    source = Listed(many, before=slowly)
    began = 0.0
    with running(a_loop(engine, polling(source))):
        assert started.wait(10)
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    assert source.closed == 1
    assert slots(engine, "listed") == []
    assert postings(engine) % 2 == 0
    with reading(engine) as connection:
        assert heartbeats.all_since(connection, seconds=60) == [], "it signed off"


def test_an_unknown_kind_and_an_unreadable_rule_stop_nobody_else(engine: Engine) -> None:
    seeded(engine, "listed")
    with transaction(engine) as connection:
        schedule.seed(connection, [Schedule("new", "from the future", "every 1s")])
        schedule.seed(connection, [Schedule("odd", "poll", "whenever", {"source": "listed"})])
        schedule.seed(connection, [Schedule("elsewhere", "poll", "every 1s", {"source": "not here"})])
    with running(a_loop(engine, polling(Listed(ONE)))):
        assert soon(lambda: any(slot.outcome == "done" for slot in slots(engine, "listed")))


def test_forget_deletes_what_is_old_and_says_how_much(engine: Engine) -> None:
    with transaction(engine) as connection:
        schedule.seed(connection, [Schedule("poll forget", "forget", "every 1s")])
        connection.execute(
            text(
                "INSERT INTO job (task, subject, revision, purpose, lane, heavy, state, attempts, fence, created_at, "
                "ended_at) VALUES ('tag', 1, 1, '', 0, false, 'done', 1, 1, '2020-01-01', '2020-01-01')"
            )
        )
    with running(a_loop(engine, {"forget": Forget(timedelta(days=7))})):
        assert soon(lambda: any(slot.outcome == "done" for slot in slots(engine, "forget")))
    assert slots(engine, "forget")[-1].note == "1 jobs, 0 slots, 0 shadow tags, 0 heartbeats, 0 quotas"


def test_the_database_going_away_and_coming_back_is_lived_through() -> None:
    with Postgres() as server:
        from storage import migrate

        engine = create(server.database())
        migrate.upgrade(engine)
        seeded(engine, "listed")
        loop = a_loop(engine, polling(Listed(ONE)))
        with running(loop):
            assert soon(lambda: len(slots(engine, "listed")) >= 2)
            server.kill()
            time.sleep(3)
            server.start()
            before = len(slots(engine, "listed"))
            assert soon(lambda: len(slots(engine, "listed")) > before, seconds=30)
        engine.dispose()
