"""Who executes a run keeps its lease and ends the child that trains as soon as the run is somebody else's."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from storage import job_lists, run_leases, runs
from storage.engine import Engine, transaction
from storage.run_leases import Lease
from tests.house.project import ROOT
from tests.integration.training_world import NAME, World, a_world
from worker import training, training_child
from worker.batch import Terms

SLEEPS = [sys.executable, "-c", "import time; time.sleep(100)"]
DIES = [sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return a_world(engine, tmp_path)


def terms(lease: float = 0.6, attempts: int = 2) -> Terms:
    return Terms("parent", lease=lease, attempts=attempts)


class Children:
    """Starts the same command each time, and remembers nothing but that."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command

    def __call__(self, held: Lease) -> Sequence[str]:
        return self._command


def state(world: World, job: int) -> tuple[str, int]:
    found = world.asked(lambda c: job_lists.find(c, job_lists.Filter(ids=[job]), most=1))[0]
    return found.state, found.attempts


def test_the_lease_is_renewed_and_the_child_killed_once_the_fence_has_moved(world: World) -> None:
    _, job = world.queue()
    began = time.monotonic()
    mine = {child.pid for child in psutil.Process().children()}
    held = world.claim(job, lease=0.6)

    def tick() -> None:
        if time.monotonic() - began > 2.0:  # more than three leases later it still is ours; then somebody takes it
            with transaction(world.engine) as connection:
                connection.exec_driver_sql("UPDATE job SET fence = fence + 1")

    training.see_through(world.engine, held, terms(), command=Children(SLEEPS), tick=tick)
    assert 2.0 < time.monotonic() - began < 20
    assert {child.pid for child in psutil.Process().children()} <= mine
    assert state(world, job) == ("leased", 1), "it is the other's now"


def test_a_child_that_has_ended_its_job_is_let_exit_in_peace(world: World, tmp_path: Path) -> None:
    _, job = world.queue()
    held = world.claim(job, lease=0.6)
    lingers = f"import pathlib, time; time.sleep(2); pathlib.Path({str(tmp_path / 'exited')!r}).touch()"

    def tick() -> None:
        with transaction(world.engine) as connection:
            run_leases.complete(connection, held)

    training.see_through(world.engine, held, terms(), command=Children([sys.executable, "-c", lingers]), tick=tick)
    assert (tmp_path / "exited").exists()
    assert state(world, job) == ("done", 1)


def test_a_child_that_dies_costs_an_attempt_and_after_the_last_the_run_has_failed(world: World) -> None:
    run, job = world.queue()
    assert training.run(world.engine, job, terms(), command=Children(DIES))
    assert state(world, job) == ("ready", 1)
    assert "its process died (signal 9); it goes on from where it was" in [
        line.text for line in world.asked(runs.log, run)
    ]
    with transaction(world.engine) as connection:
        connection.exec_driver_sql("UPDATE job SET run_at = created_at")
    assert training.run(world.engine, job, terms(), command=Children(DIES))
    assert state(world, job) == ("dead", 2)
    assert (world.run(run).state, world.run(run).error) == ("failed", "its process died (signal 9)")


def test_told_to_end_it_ends_the_child_and_gives_the_run_back_with_its_attempt(world: World) -> None:
    run, job = world.queue()

    def tick() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        training.see_through(world.engine, world.claim(job), terms(), command=Children(SLEEPS), tick=tick)
    assert state(world, job) == ("ready", 0)
    assert world.run(run).state == "waiting"


def test_a_run_is_claimed_by_one_alone(world: World) -> None:
    _, job = world.queue()
    world.claim(job)
    assert not training.run(world.engine, job, terms(), command=Children(SLEEPS))


def test_a_child_whose_parent_is_killed_ends_too(sqlite_database: str, tmp_path: Path) -> None:
    from storage import engine

    connected = engine.create(sqlite_database)
    world = a_world(connected, tmp_path)
    _, job = world.queue()
    held = world.claim(job)
    script = (
        f"import subprocess, time\nsubprocess.Popen({training.child(held)!r}, stdin=subprocess.PIPE)\ntime.sleep(99)"
    )
    environment = {**os.environ, "METIER_DATABASE_URL": sqlite_database, "METIER_HOME": str(tmp_path / "home")}
    parent = subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=ROOT)
    deadline = time.monotonic() + 20
    while not (children := psutil.Process(parent.pid).children()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=20)
    assert (len(gone), alive) == (1, [])
    connected.dispose()


def test_a_child_says_by_its_status_that_it_was_orphaned(sqlite_database: str, tmp_path: Path) -> None:
    environment = {**os.environ, "METIER_DATABASE_URL": sqlite_database, "METIER_HOME": str(tmp_path / "home")}
    command = training.child(Lease(1, 1, 1, 1))
    child = subprocess.Popen(command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(30) in (training_child.ORPHANED, training_child.OVERTAKEN)  # it holds no lease either


def test_a_run_is_named_by_its_taxonomy(world: World) -> None:
    run, _ = world.queue()
    assert world.run(run).params["taxonomy"] == NAME
