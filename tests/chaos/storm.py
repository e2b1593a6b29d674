"""Which faults come when: a plan by seed, and the thread that carries it out."""

import random
import threading
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.chaos import faults_broker, faults_database, faults_processes
from tests.chaos.scene import FAULTS, Fault, Scene, Skipped

KNOWN = (faults_broker, faults_database, faults_processes)
"""Imported so that their faults are declared."""
_AT_ONCE = 8


def plan(faults: Sequence[Fault], count: int, rng: random.Random) -> list[Fault]:
    """Return so many faults: each kind at least once, the rest by weight, in random order."""
    chosen = list(faults)
    rng.shuffle(chosen)
    chosen = chosen[:count]
    counts = Counter(fault.kind for fault in chosen)
    while len(chosen) < count:
        open_ = [fault for fault in faults if counts[fault.kind] < fault.most]
        fault = rng.choices(open_, weights=[fault.weight for fault in open_])[0]
        counts[fault.kind] += 1
        chosen.append(fault)
    rng.shuffle(chosen)
    for fault in [fault for fault in chosen if not fault.short]:  # the longest begin early enough to end with the rest
        chosen.remove(fault)
        chosen.insert(count // 3, fault)
    return chosen


def fit(database: str, *, short: bool, stock: bool) -> list[Fault]:
    """Return the faults that this database, form and system can have."""
    return [
        fault for fault in FAULTS.values()
        if database in fault.databases and (fault.short or not short) and (fault.stock or not stock)
    ]  # fmt: skip


@dataclass(slots=True)
class Storm:
    """Carries out a plan: a fault every so often, long ones overlapping, two of one part never at once."""

    scene: Scene
    faults: list[Fault]
    done: Counter[str] = field(default_factory=Counter)
    skipped: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Spread the faults over so many seconds; return when the last one is over."""
        total, waiting = len(self.faults), list(self.faults)
        began = time.monotonic()
        running: list[tuple[Fault, threading.Thread]] = []
        while waiting and not self.scene.stop.is_set():
            due = began + seconds * (total - len(waiting)) / total
            self.scene.stop.wait(max(0.05, due - time.monotonic()))
            running = [(fault, thread) for fault, thread in running if thread.is_alive()]
            occupied = {fault.occupies for fault, _ in running} - {""}
            free = next((fault for fault in waiting if fault.occupies not in occupied), None)
            if free is not None and len(running) < _AT_ONCE:
                waiting.remove(free)
                thread = threading.Thread(target=self._do, args=(free,), name=free.kind, daemon=True)
                thread.start()
                running.append((free, thread))
        for _, thread in running:
            thread.join()

    def _do(self, fault: Fault) -> None:
        try:
            fault.do(self.scene)
        except Skipped as reason:
            self.skipped[fault.kind] = str(reason)
        except Exception:  # noqa: BLE001  a fault that fails to happen is a defect of the run, told at its end
            if not self.scene.stop.is_set():
                self.broken.append(f"{fault.kind}: {traceback.format_exc(limit=3)}")
        else:
            self.done[fault.kind] += 1
