"""Measure each day how far the labels and scores of a month lie from an artifact's first ones: the job `drift`."""

from collections.abc import Mapping

from scheduler.divergence import alarming, chance, distance
from scheduler.work import Outcome, Work
from storage import artifacts
from storage import drift as drifts
from storage.drift import LABELS, REFERENCE, SCORES, Counts, Drift
from storage.engine import Engine, transaction
from storage.schedule import Schedule

FIRST = 1_000
"""So many answers of an artifact are its reference."""
FEWEST = 50
"""Of fewer postings a month is not judged."""


class Measure:
    """Counts and compares, for each champion."""

    limit = 600.0

    def wants(self, schedule: Schedule) -> bool:
        """Always: every scheduler can."""
        return schedule.kind == "drift"

    def run(self, work: Work) -> Outcome:
        """Measure the champions of now."""
        with transaction(work.engine) as connection:
            work.hold(connection)
        missing = measure(work.engine)
        with transaction(work.engine) as connection:
            work.hold(connection)
            alarms = sum(one.alarm for one in drifts.latest(connection))
        waits = ", ".join(f"{name} needs {count:,} more" for name, count in missing.items() if count)
        return Outcome("done", "; ".join(part for part in (f"{alarms} alarms", waits) if part))

    def expired(self, work: Work) -> None:
        """Leave it: the next slot measures again."""


def measure(engine: Engine, *, first: int = FIRST) -> Mapping[str, int]:
    """Measure the champions of now; return of each how many answers are missing until it can be judged."""
    with transaction(engine) as connection:
        champions = artifacts.champions(connection)
    serving = {name: f"{name}@{digest[:12]}" for name, digest in champions.items() if name != artifacts.ENCODER}
    missing = {}
    for taxonomy, artifact in serving.items():
        with transaction(engine) as connection:
            missing[taxonomy] = drifts.begin(connection, taxonomy, artifact, first=first)
    with transaction(engine) as connection:
        drifts.count(connection, serving)
    for taxonomy, artifact in serving.items():
        with transaction(engine) as connection:
            months = drifts.counted(connection, taxonomy, artifact)
        found = judged(taxonomy, artifact, months)
        if found:
            with transaction(engine) as connection:
                drifts.keep(connection, found)
    return missing


def judged(taxonomy: str, artifact: str, months: Mapping[str, Counts]) -> list[Drift]:
    """Compare each month that has enough with the reference."""
    reference = months.get(REFERENCE)
    if reference is None:
        return []
    found = []
    for month, counts in sorted(months.items()):
        if month == REFERENCE or counts.total < FEWEST:
            continue
        for what, before, now in (
            (LABELS, reference.labels, counts.labels),
            (SCORES, reference.scores, counts.scores),
        ):
            apart, bound = distance(before, now), chance(before, now)
            found.append(
                Drift(
                    taxonomy, artifact, month, what, counts.total, reference.total, round(apart, 4), round(bound, 4),
                    alarming(apart, bound),
                )
            )  # fmt: skip
    return found
