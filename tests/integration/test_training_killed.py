"""A training that is killed -9 at any step resumes or does that step again; nothing half is left."""

import subprocess
import sys
from pathlib import Path

import pytest

from metier.types import Origin
from pipelines import artifact
from storage import artifacts, runs
from storage.engine import Engine
from tests.integration.training_world import NAME, World, a_world, labelled

# executes a run in this process and kills itself when the n-th thing is about to be, or has just been, written down
SCRIPT = """
import os, signal, sys
from contextlib import contextmanager
from pathlib import Path
from storage import engine, run_leases
from storage.engine import transaction
from tests.integration.training_world import World, plugin
from worker import training_child
from worker.training_steps import Record

folder, url, job, deadly = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
connected = engine.create(url)
world = World(connected, folder, plugin(folder))
written = 0

class Mortal(Record):
    @contextmanager
    def writing(self):
        global written
        with super().writing() as connection:
            yield connection
            if written * 2 == deadly:
                os.kill(os.getpid(), signal.SIGKILL)
        if written * 2 + 1 == deadly:
            os.kill(os.getpid(), signal.SIGKILL)
        written += 1

with transaction(connected) as connection:
    held = run_leases.claim(connection, job, task="train", owner="mortal", lease=0.05)
assert held is not None
sys.exit(training_child.execute(world.place, Mortal(connected, held), most=99))
"""
GOLD = labelled(Origin.GOLD, 60, start=1000)


def execute(world: World, url: str, job: int, deadly: int) -> int:
    """Execute the run in a process that dies at this write; return its exit status."""
    command = [sys.executable, "-c", SCRIPT, str(world.folder), url, str(job), str(deadly)]
    return subprocess.run(command, check=False, timeout=100).returncode


def sound(world: World) -> str:
    """See that what serves is whole, and that no artifact is half; return what serves."""
    serves = world.champion()
    artifact.find(world.root, NAME, serves)
    for folder in world.root.glob(f"{NAME}/[!.]*"):
        artifact.verify(folder)
    return serves


@pytest.mark.timeout(600)  # a process for each write
def test_a_run_killed_at_every_write_ends_as_one_that_never_was(engine: Engine, database: str, tmp_path: Path) -> None:
    world = a_world(engine, tmp_path)
    before = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    run, job = world.queue()
    deaths = 0
    for deadly in range(60):
        status = execute(world, database, job, deadly)
        assert status in (0, -9)
        serves = sound(world)
        if status == 0:
            break
        deaths += 1
        assert serves in (before, world.run(run).checkpoint.get("artifact"))
    assert deaths > 15
    ended = world.run(run)
    assert (ended.state, ended.outcome["verdict"]) in (("done", "passed"), ("done", "serves already"))
    assert world.champion() == ended.outcome["artifact"]
    made = [one.digest for one in world.asked(artifacts.listed, NAME)]
    assert sorted(made) == sorted([before, ended.outcome["artifact"]])
    trained = [line.text for line in world.asked(runs.log, run)].count("3/5 training")
    assert trained < deaths / 2, "what was made must not be made again after each death"


def test_whoever_was_overtaken_writes_nothing(engine: Engine, tmp_path: Path) -> None:
    from worker import training_child
    from worker.training_steps import Record

    world = a_world(engine, tmp_path)
    before = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    run, job = world.queue()
    frozen = world.claim(job, lease=-1)
    world.claim(job)
    assert training_child.execute(world.place, Record(engine, frozen), most=9) == training_child.OVERTAKEN
    assert world.champion() == before
    assert world.run(run).state == "running"
    assert [one.digest for one in world.asked(artifacts.listed, NAME)] == [before]
