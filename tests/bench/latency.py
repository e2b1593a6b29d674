"""How long a posting waits for its tags: alone, at half load, and before a large backfill."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from random import Random

from sqlalchemy import text as sql

from metier.types import Lane, Posting
from storage.engine import reading
from tests.bench import texts
from tests.bench.figures import Best, Target, percentile
from tests.bench.measurement import Measurement
from tests.bench.place import DATABASES, Place, System

_LOOK = 0.002
_TICK = 0.1
_LONGEST = {"postgres": 0.150, "sqlite": 0.300}


def run(place: Place) -> Mapping[str, float]:
    """Measure all three on each database, with postings that have bodies."""
    figures = {}
    for kind in DATABASES:
        with place.system(kind) as system:
            probes = iter(texts.of_postings(10_000, source="probe", seed=2))
            alone = [_lone(system, next(probes)) for _ in range(place.sizes.lone)]
            rate = system.finish(texts.of_titles(place.sizes.titles // 2, source="rate", seed=3)).rate
            with _half_load(system, rate / 2, place.sizes.seconds):
                busy = list(_probed(system, probes, place.sizes.seconds))
            system.drain()
            with system.paused():
                system.ingest(texts.of_titles(place.sizes.backfill, source="backfill", seed=4), lane=Lane.BACKFILL)
            behind = list(_probed(system, probes, place.sizes.seconds, waiting=place.sizes.backfill // 2))
            system.cancel()
            for name, waits in (("alone", alone), ("half", busy), ("backfill", behind)):
                figures[f"latency.{name}.p50.{kind}"] = percentile(waits, 0.50)
                figures[f"latency.{name}.p95.{kind}"] = percentile(waits, 0.95)
    return figures


def _probed(system: System, probes: Iterator[Posting], seconds: float, *, waiting: int = 0) -> Iterator[float]:
    """Send postings one after the other for so long, and only while at least so many jobs wait."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and system.waiting(waiting) >= waiting:
        yield _lone(system, next(probes))


def _lone(system: System, posting: Posting) -> float:
    """Ingest one posting at an odd moment and return how long its tags took to be there."""
    time.sleep(Random(posting.key).uniform(0.05, 0.25))
    began = time.perf_counter()
    system.ingest([posting])
    while not _tagged(system, posting):
        assert time.perf_counter() - began < 120, f"{posting.ref} is not tagged"
        time.sleep(_LOOK)
    return time.perf_counter() - began


def _tagged(system: System, posting: Posting) -> bool:
    with reading(system.engine) as connection:
        found = connection.execute(
            sql(
                "SELECT 1 FROM posting p JOIN tag t ON t.posting_id = p.id WHERE p.source = :source "
                "AND p.source_key = :key LIMIT 1"
            ),
            {"source": posting.source, "key": posting.key},
        ).scalar()
    return found is not None


@contextlib.contextmanager
def _half_load(system: System, rate: float, seconds: float) -> Iterator[None]:
    """Let titles arrive at this rate while the block runs."""
    stop = threading.Event()
    found = texts.of_titles(int(rate * (seconds + 10)), source="half", seed=5)
    thread = threading.Thread(target=_arrive, args=(system, found, rate, stop.wait), daemon=True)
    thread.start()
    try:
        time.sleep(1.0)
        yield
    finally:
        stop.set()
        thread.join()


def _arrive(system: System, found: list[Posting], rate: float, wait: Callable[[float], bool]) -> None:
    some = max(1, round(rate * _TICK))
    began = time.monotonic()
    for number, start in enumerate(range(0, len(found), some), start=1):
        system.ingest(found[start : start + some])
        if wait(max(0.0, began + number * _TICK - time.monotonic())):
            return


def _p95(best: Best, name: str, database: str) -> float:
    return best.least(f"latency.{name}.p95.{database}")


MEASUREMENT = Measurement(
    "latency",
    run,
    tuple(
        Target(f"p95 of a posting {says} on {kind}", partial(_p95, name=name, database=kind), at_most=most, unit="s")
        for kind in DATABASES
        for name, says, most in (
            ("alone", "that comes alone", _LONGEST[kind]),
            ("half", "at half load", 1.0),
            ("backfill", "before a backfill", 2.0),
        )
    ),
    rounds=1,
)
