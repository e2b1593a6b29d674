"""What it costs when nothing happens: the time of `metier --help`, the scheduler's memory, the processors' rest."""

import subprocess
import sys
import time
from collections.abc import Mapping
from functools import partial

import psutil

from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import DATABASES, Place

_TRIES = 5
_LOOKED_AT = 20.0


def run(place: Place) -> Mapping[str, float]:
    """Measure the command line, then an idle system on each database."""
    figures = {"help.seconds": min(_help() for _ in range(_TRIES))}
    for kind in DATABASES:
        with place.system(kind) as system:
            time.sleep(place.sizes.idle)
            ours = [psutil.Process(pid) for pid in system.pids().values()]
            ours += [child for process in ours for child in process.children(recursive=True)]
            before, began = _spent(ours), time.perf_counter()
            time.sleep(_LOOKED_AT)
            figures[f"idle.share.{kind}"] = (_spent(ours) - before) / (time.perf_counter() - began)
            scheduler = psutil.Process(system.pids()["scheduler"])
            figures[f"idle.scheduler_megabytes.{kind}"] = scheduler.memory_info().rss / 1e6
            workers = sum(process.memory_info().rss for process in ours) - scheduler.memory_info().rss
            figures[f"idle.workers_megabytes.{kind}"] = workers / 1e6
    return figures


def _help() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "console.cli.main", "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _spent(processes: list[psutil.Process]) -> float:
    times = [process.cpu_times() for process in processes]
    return float(sum(spent.user + spent.system for spent in times))


def _least(best: Best, name: str) -> float:
    return best.least(name)


MEASUREMENT = Measurement(
    "footprint",
    run,
    (
        Target("metier --help", partial(_least, name="help.seconds"), at_most=0.5, unit="s"),
        *(
            Target(f"memory of the scheduler on {kind}", partial(_least, name=f"idle.scheduler_megabytes.{kind}"),
                   at_most=150, unit="MB")
            for kind in DATABASES
        ),
        *(
            Target(f"idle use of a processor on {kind}", partial(_least, name=f"idle.share.{kind}"), at_most=0.02)
            for kind in DATABASES
        ),
    ),
    rounds=1,
)  # fmt: skip
