"""Harm to processes: killed, frozen, too many of them, with a wrong clock."""

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.chaos.scene import Scene, fault
from tests.chaos.workload import SOURCE

SKEWED = str(Path(__file__).parent / "skewed")
_LEASED = f"FROM job j JOIN posting p ON p.id = j.subject WHERE j.state = 'leased' AND p.source = '{SOURCE}'"


def _busy(scene: Scene, seconds: float = 3.0) -> list[int]:
    """Return the processes that hold jobs now; wait a little for some."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not scene.stop.is_set():
        owners = scene.database.rows(f"SELECT DISTINCT j.owner {_LEASED}")
        if owners:
            return [int(owner.rsplit(":", 1)[-1]) for (owner,) in owners]
        time.sleep(0.05)
    return []


@fault("child killed", weight=12, stock=True)
def kill_child(scene: Scene) -> None:
    """Kill -9 one pool child, one that holds jobs where there is any."""
    children = [pid for name in scene.keeper.names("worker") for pid in scene.keeper.children(name)]
    busy = set(children) & set(_busy(scene)) if scene.keeper.names("scheduler") else set()
    chosen = sorted(busy) or children
    if chosen:
        with contextlib.suppress(ProcessLookupError):
            os.kill(scene.rng.choice(chosen), signal.SIGKILL)


@fault("worker killed", weight=10, stock=True)
def kill_worker(scene: Scene) -> None:
    """Kill -9 a worker's parent process."""
    if name := scene.pick("worker"):
        os.kill(scene.keeper.pid(name), signal.SIGKILL)


@fault("whole group killed", weight=10, stock=True)
def kill_group(scene: Scene) -> None:
    """Kill -9 a worker with all its children at once."""
    if name := scene.pick("worker"):
        scene.keeper.signal_group(name, signal.SIGKILL)


@fault("worker told to end", weight=6, stock=True)
def end_worker(scene: Scene) -> None:
    """SIGTERM, as at a deploy."""
    if name := scene.pick("worker"):
        os.kill(scene.keeper.pid(name), signal.SIGTERM)


@fault("worker frozen past its lease", occupies="worker", weight=5, most=8, stock=True)
def freeze_worker(scene: Scene) -> None:
    """SIGSTOP a worker with its children, SIGCONT when its leases are gone."""
    if name := scene.pick("worker"):
        if scene.keeper.names("scheduler"):
            _busy(scene)
        scene.keeper.signal_group(name, signal.SIGSTOP)
        scene.stop.wait(scene.lease + 3)
        scene.keeper.signal_group(name, signal.SIGCONT)


@fault("posting edited while leased", weight=10)
def edit_leased(scene: Scene) -> None:
    """Ingest other titles for postings that somebody works on now."""
    _busy(scene)
    keys = [key for (key,) in scene.database.rows(f"SELECT p.source_key {_LEASED} ORDER BY j.id LIMIT 10")]
    scene.feed.edit(keys)


@fault("scheduler killed", occupies="scheduler", weight=8)
def kill_scheduler(scene: Scene) -> None:
    """Kill -9 one of the schedulers."""
    if name := scene.pick("scheduler"):
        os.kill(scene.keeper.pid(name), signal.SIGKILL)


@fault("scheduler frozen", occupies="scheduler", weight=3, most=5)
def freeze_scheduler(scene: Scene) -> None:
    """SIGSTOP one of the schedulers for a while."""
    if name := scene.pick("scheduler"):
        scene.keeper.signal_group(name, signal.SIGSTOP)
        scene.stop.wait(8)
        scene.keeper.signal_group(name, signal.SIGCONT)


@fault("three schedulers", occupies="scheduler", weight=3, most=5)
def third_scheduler(scene: Scene) -> None:
    """Run one scheduler more than usual for a while."""
    scene.keeper.start("scheduler-third", "scheduler")
    scene.stop.wait(8)
    scene.keeper.end("scheduler-third")


@fault("clocks two hours off", occupies="scheduler", weight=3, most=5)
def skew_clocks(scene: Scene) -> None:
    """Run one more worker and scheduler whose clocks are two hours ahead or behind."""
    skew = scene.rng.choice((7200, -7200))
    environment = {"METIER_CHAOS_SKEW": str(skew), "PYTHONPATH": SKEWED}
    scene.keeper.start("scheduler-skewed", "scheduler", environment=environment)
    scene.keeper.start("worker-skewed", "tests.chaos.worker_main", "--concurrency", "1", environment=environment)
    scene.stop.wait(12)
    scene.keeper.end("scheduler-skewed")
    scene.keeper.end("worker-skewed")
