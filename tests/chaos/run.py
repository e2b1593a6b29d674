"""One run: start a system, feed it, harm it, let it come to rest, count."""

import contextlib
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import disk
from tests.chaos.checker import Verdict
from tests.chaos.databases import Database, postgres, sqlite
from tests.chaos.feed import Feed
from tests.chaos.form import Form
from tests.chaos.keeper import Keeper
from tests.chaos.proxy import Proxy
from tests.chaos.scene import Scene
from tests.chaos.stock_system import Stock
from tests.chaos.storm import Storm, fit, plan
from tests.chaos.system import Ours, System
from tests.chaos.workload import KILLS, Workload, workload
from tests.servers import Valkey

_DATABASES: dict[str, Callable[[], AbstractContextManager[Database]]] = {"sqlite": sqlite, "postgres": postgres}
POISON = "job that kills its process"
_GRACE = 240.0
"""Seconds that feeding and harming may take longer than planned."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a run is."""

    system: str
    database: str
    phase: str
    accepted: int
    jobs: int
    faults: int
    planned: int
    waiting: int
    seconds: float


@dataclass(slots=True)
class Result:
    """What one run came to."""

    system: str
    database: str
    seed: int
    verdict: Verdict
    seconds: float
    faults: dict[str, int]
    skipped: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    starts: dict[str, int] = field(default_factory=dict)
    stock: bool = False

    @property
    def rate(self) -> float:
        """Return jobs a second, all harm and all waiting for what comes in included."""
        return self.verdict.jobs / self.seconds


Tell = Callable[[Standing], None]


def run(kind: type[Ours] | type[Stock], database: str, form: Form, *, seed: int, tell: Tell, logs: Path) -> Result:
    """Run one system through a storm on one database; `tell` hears every second how it stands."""
    rng = random.Random(seed)
    marks = {mark: count for mark, count in form.poisons.items() if mark in kind.marks}
    work = workload(form.jobs, rng, poisons=marks, early=form.early)
    with _stage(kind, database, form, rng=rng, work=work, logs=logs) as (scene, system):
        storm = Storm(scene, plan(fit(database, short=form.short, stock=kind.stock), form.faults, rng))
        began = time.monotonic()

        def look(phase: str) -> int:
            feed, waiting = scene.feed, system.waiting()
            done, seconds = storm.done.total(), time.monotonic() - began
            tell(Standing(kind.name, database, phase, feed.accepted, work.jobs, done, form.faults, waiting, seconds))
            return waiting

        try:
            _let_rage(storm, form, look)
            _let_rest(form, look)
            seconds = time.monotonic() - began
            verdict = system.check(scene.feed.titles, work.poisons)
        finally:
            scene.stop.set()
        killers = Counter({POISON: sum(mark == KILLS for mark in work.poisons.values())})
        short = [] if verdict.jobs >= work.jobs else [f"only {verdict.jobs} of {work.jobs} jobs came in"]
        return Result(
            kind.name, database, seed, verdict, seconds, dict(storm.done + killers), storm.skipped,
            storm.broken + short, dict(scene.keeper.starts), kind.stock,
        )  # fmt: skip


def _let_rage(storm: Storm, form: Form, look: Callable[[str], int]) -> None:
    """Feed and harm at once, until all is brought in and all harm is done."""
    scene = storm.scene
    threads = [
        threading.Thread(target=scene.feed.run, args=(form.storm, scene.stop), name="feeding", daemon=True),
        threading.Thread(target=storm.run, args=(form.storm,), name="harming", daemon=True),
    ]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + form.storm + _GRACE
    while any(thread.is_alive() for thread in threads) and time.monotonic() < deadline:
        look("storm")
        time.sleep(1)
    storm.broken += [f"{thread.name} did not come to its end" for thread in threads if thread.is_alive()]
    scene.stop.set()


def _let_rest(form: Form, look: Callable[[str], int]) -> None:
    """Wait until nothing is open any more."""
    deadline = time.monotonic() + form.settle
    while look("calm") and time.monotonic() < deadline:
        time.sleep(1)


@contextlib.contextmanager
def _stage(
    kind: type[Ours] | type[Stock], database: str, form: Form, *, rng: random.Random, work: Workload, logs: Path
) -> Iterator[tuple[Scene, System]]:
    """Start everything; end everything, whatever happens."""
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        folder = Path(enter(tempfile.TemporaryDirectory(prefix="metier-chaos-")))
        base = enter(_DATABASES[database]())
        broker = Valkey()
        small = enter(disk.small(broker.folder, 100))
        enter(broker)
        proxy = enter(Proxy(broker.port))
        system = kind(base, proxy.url, form, folder)
        leavings = [folder, base.root, broker.folder]
        keeper = enter(Keeper(logs, system.environment(), leavings))
        feed = Feed(work, system.take, random.Random(rng.random()))
        scene = Scene(keeper, broker, proxy, base, feed, rng, form.lease, small, kind.table)
        system.start(keeper)
        yield scene, system
