"""How a real worker ends, freezes and survives: nothing is lost, nothing is written by who no longer may."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from sqlalchemy import text

from metier.settings import Settings
from storage import claims, hints, leases, migrate
from storage.engine import create, transaction
from tests.chaos import databases
from tests.chaos.faults_broker import QUEUE, rubbish
from tests.chaos.marked import Marked, codes
from tests.integration.worker_world import ATTEMPTS, LEASE, World, a_world
from worker.child import Child


@pytest.fixture
def world(database: str, broker: str, tmp_path: Path) -> Iterator[World]:
    with a_world(database, broker, tmp_path) as world:
        yield world


def test_a_worker_told_to_end_does_so_in_ten_seconds_and_gives_jobs_back_untouched(world: World) -> None:
    world.bring(*(f"SLOW {number}" for number in range(8)))  # three seconds each, in one batch
    world.keeper.start_once("worker", "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: world.states()["leased"] == 8)
    world.until(lambda: world.beats() == 1)
    world.stop.set()  # nobody else gives the jobs back
    began = time.monotonic()
    world.keeper.send("worker", signal.SIGTERM)
    world.keeper.wait("worker", 15)
    assert time.monotonic() - began <= 10
    assert {(job.state, job.attempts) for job in world.jobs()} == {("ready", 0)}
    assert world.beats() == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the signal is what matters here
def test_a_short_batch_is_finished_before_a_worker_ends(world: World) -> None:
    world.bring("SLOW one")
    world.keeper.start_once("worker", "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: world.states()["leased"] == 1)
    world.keeper.send("worker", signal.SIGTERM)
    world.keeper.wait("worker", 15)
    assert world.states() == {"done": 1}


def test_a_frozen_worker_writes_nothing_after_its_lease_moved_on(world: World) -> None:
    world.bring("SLOW one")
    world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: world.states()["leased"] == 1)
    world.stop.set()
    world.keeper.signal_group("worker", signal.SIGSTOP)
    time.sleep(LEASE + 0.5)
    with transaction(world.engine) as connection:
        assert hints.sweep(connection, attempts=ATTEMPTS) == (1, 0)
    (job,) = world.jobs()
    with transaction(world.engine) as connection:
        (ours,) = claims.claim(connection, [job.id], owner="another", lease=60)
    world.keeper.signal_group("worker", signal.SIGCONT)
    time.sleep(5)
    assert world.tags() == {}
    assert world.states() == {"leased": 1}
    with transaction(world.engine) as connection:
        assert leases.renew(connection, [ours], lease=60) == [ours]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the broker is what matters here
def test_garbage_on_the_queue_does_not_end_the_work(world: World, broker: str) -> None:
    world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: world.beats() == 1)
    with redis.Redis.from_url(broker) as client:
        for message in rubbish():
            client.lpush(QUEUE, message)
    world.bring(*(f"Nurse {number}" for number in range(40)))
    world.until(lambda: world.states() == {"done": 40})


def test_a_child_signs_off_quietly_when_the_database_is_away() -> None:
    nowhere = Settings.model_validate({"database_url": "postgresql://nobody@127.0.0.1:1/nothing"})
    Child(nowhere, "tag", lambda _: Marked(0.0)).end()


@pytest.mark.parametrize("kind", [databases.sqlite, databases.postgres])
def test_results_are_written_when_the_database_returns(kind: Any, broker: str, tmp_path: Path) -> None:  # Any: either
    with kind() as database:
        migrate.upgrade(engine := create(database.url))
        engine.dispose()
        with a_world(database.url, broker, tmp_path) as world:
            world.bring("SLOW one")
            world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "1")
            world.until(lambda: world.states()["leased"] == 1)
            with transaction(world.engine) as connection:  # so that nobody else may take it meanwhile
                connection.execute(text("UPDATE job SET lease_until = '2100-01-01 00:00:00.000000'"))
            world.stop.set()
            database.away(5)
            world.until(lambda: world.states() == {"done": 1})
            assert world.tags() == {"SLOW one": codes("SLOW one")}
