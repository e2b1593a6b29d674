"""Turn what SQL says into the text that Prometheus scrapes; workers open no port, their counters come by heartbeat."""

import re
from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from metier.errors import MetierError
from storage import metrics
from storage.engine import Engine, reading
from storage.heartbeats import Heartbeat
from storage.metrics import Standings

_SOURCE_STATES = ("ok", "failing", "waiting", "refused")
_GAUGES = {"loop_lag", "polling_paused", "open_jobs"}
"""Numbers in a heartbeat that go up and down; the others only grow."""
_IN_FULL = {"loop_lag": "loop_lag_seconds"}
"""What a metric is called whose name in the heartbeat lacks its unit."""


def exposition(engine: Engine) -> bytes:
    """Return the page for one scrape."""
    registry = CollectorRegistry()
    registry.register(_Sql(engine))
    return generate_latest(registry)


class _Sql(Collector):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def describe(self) -> list[Metric]:
        """Name nothing beforehand, so that registering asks no database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Ask the database and render its answer."""
        answers = GaugeMetricFamily("metier_database_up", "Whether the database answers")
        try:
            with reading(self._engine) as connection:
                found = metrics.standings(connection)
        except MetierError:  # away, damaged, or of another schema
            answers.add_metric([], 0)
            yield answers
            return
        answers.add_metric([], 1)
        yield answers
        for render in (_jobs, _sources, _processes, _drift):
            yield from render(found)


def _jobs(found: Standings) -> Iterator[Metric]:
    backlog = GaugeMetricFamily("metier_jobs_open", "Jobs not ended", labels=["task", "lane", "state"])
    oldest = GaugeMetricFamily(
        "metier_jobs_oldest_ready_seconds", "How long the oldest ready job has been due", labels=["task", "lane"]
    )
    for row in found.backlog:
        backlog.add_metric([row.task, row.lane, row.state], row.count)
        if row.state == "ready":
            oldest.add_metric([row.task, row.lane], row.oldest)
    dead = GaugeMetricFamily("metier_jobs_dead", "Jobs set aside, until replayed or deleted", labels=["task", "cause"])
    for (task, cause), count in found.dead.items():
        dead.add_metric([task, cause], count)
    yield from (backlog, oldest, dead)


def _sources(found: Standings) -> Iterator[Metric]:
    state = GaugeMetricFamily("metier_source_state", "1 for the state that a source is in", labels=["source", "state"])
    failures = GaugeMetricFamily("metier_source_failures", "Failed polls in a row", labels=["source"])
    bad = CounterMetricFamily("metier_source_rows_set_aside", "Rows that could not be read", labels=["source"])
    last = GaugeMetricFamily("metier_source_last_success_timestamp_seconds", "Last good poll", labels=["source"])
    for source in found.sources:
        for word in _SOURCE_STATES:
            state.add_metric([source.name, word], float(source.word == word))
        failures.add_metric([source.name], source.failures)
        bad.add_metric([source.name], source.bad)
        if source.last_ok is not None:
            last.add_metric([source.name], source.last_ok.timestamp())
    yield from (state, failures, bad, last)


def _processes(found: Standings) -> Iterator[Metric]:
    labels = ["process", "role"]
    seen = GaugeMetricFamily("metier_process_seen_seconds", "Seconds since a process reported", labels=labels)
    progress = GaugeMetricFamily("metier_process_progress_seconds", "Seconds since it got on", labels=labels)
    for process in found.processes:
        seen.add_metric([process.name, process.role], process.seen_ago)
        progress.add_metric([process.name, process.role], process.progress_ago)
    yield from (seen, progress)
    for counter in sorted({name for process in found.processes for name in process.counters}):
        yield _counter(counter, found.processes)


def _drift(found: Standings) -> Iterator[Metric]:
    labels = ["taxonomy", "what"]
    apart = GaugeMetricFamily(
        "metier_drift_distance", "How far the newest month lies from the reference", labels=labels
    )
    alarm = GaugeMetricFamily("metier_drift_alarm", "1 where that is more than chance, and worth a look", labels=labels)
    for one in found.drift:
        apart.add_metric([one.taxonomy, one.what], one.distance)
        alarm.add_metric([one.taxonomy, one.what], float(one.alarm))
    yield from (apart, alarm)


def _counter(name: str, processes: list[Heartbeat]) -> Metric:
    kind: Callable[..., GaugeMetricFamily | CounterMetricFamily] = (
        GaugeMetricFamily if name in _GAUGES else CounterMetricFamily
    )
    shown = "metier_process_" + _IN_FULL.get(name, re.sub(r"\W", "_", name, flags=re.ASCII))
    family = kind(shown, f"{name} as its process reports it", labels=["process", "role"])
    for process in processes:
        if name in process.counters:
            family.add_metric([process.name, process.role], process.counters[name])
    return family
