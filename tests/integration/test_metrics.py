"""What an exporter shows is what SQL says, and neither a taken port nor an absent database ends the scheduler."""

import socket
import struct
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from metier.types import Lane
from scheduler import metrics, port
from storage import claims, heartbeats, leases, postings, sources
from storage.engine import Engine, create, transaction
from storage.heartbeats import Process
from storage.leases import Failure
from tests.factories import a_posting, a_title
from tests.servers import free_port

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    yield made
    made.dispose()


def shown(page: bytes) -> Samples:
    families = text_string_to_metric_families(page.decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def fetch(url: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310  our own port
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_the_backlog_is_shown_by_task_lane_and_state(engine: Engine) -> None:
    with transaction(engine) as connection:
        postings.ingest(connection, [a_posting() for _ in range(3)])
        postings.ingest(connection, [a_posting() for _ in range(2)], lane=Lane.BACKFILL)
        ids = list(connection.execute(text("SELECT id FROM job WHERE lane = 0 ORDER BY id")).scalars())
        claimed = claims.claim(connection, ids[:2], owner="w", lease=60.0)
        leases.fail(connection, [Failure(claimed[0], "rejected", "no", None)], most=5)
    with transaction(engine) as connection:
        early = "now() - interval '90 seconds'" if engine.dialect.name == "postgresql" else "'2026-01-01 00:00:00'"
        connection.execute(text(f"UPDATE job SET run_at = {early} WHERE lane = 1 AND run_at IS NOT NULL"))  # noqa: S608
    found = shown(metrics.exposition(engine))
    assert value(found, "metier_jobs_open", task="tag", lane="live", state="ready") == 1
    assert value(found, "metier_jobs_open", task="tag", lane="backfill", state="ready") == 2
    assert value(found, "metier_jobs_open", task="tag", lane="live", state="leased") == 1
    assert value(found, "metier_jobs_dead", task="tag", cause="rejected") == 1
    assert value(found, "metier_jobs_oldest_ready_seconds", task="tag", lane="backfill") >= 90
    assert 0 <= value(found, "metier_jobs_oldest_ready_seconds", task="tag", lane="live") < 60


def test_sources_are_shown_with_their_state(engine: Engine) -> None:
    with transaction(engine) as connection:
        for name in ("good", "down", "closed"):
            sources.begin(connection, name)
        sources.succeed(connection, "good")
        sources.advance(connection, "good", before={}, after={"next": 1}, bad=["row 1", "row 2"])
        for _ in range(5):
            sources.fail(connection, "down", "away")
        sources.refuse(connection, "closed", "403")
    found = shown(metrics.exposition(engine))
    for name, state in (("good", "ok"), ("down", "waiting"), ("closed", "refused")):
        assert value(found, "metier_source_state", source=name, state=state) == 1
        assert sum(value for (shown, labels), value in found.items()
                   if shown == "metier_source_state" and ("source", name) in labels) == 1  # fmt: skip
    assert value(found, "metier_source_rows_set_aside_total", source="good") == 2
    assert value(found, "metier_source_failures", source="down") == 5


def test_counters_of_workers_come_by_heartbeat(engine: Engine) -> None:
    worker = Process("host:1", "worker:tag", "host", 1)
    counters = {"tagged": 512.0, "encode seconds": 1.5, "cache_hits": 9.0}
    with transaction(engine) as connection:
        heartbeats.beat(connection, worker, counters=counters, artifacts={}, progressed=7.0)
        heartbeats.beat(
            connection,
            Process("host:2", "scheduler", "host", 2),
            counters={"loop_lag": 0.25},
            artifacts={},
            progressed=0,
        )
    found = shown(metrics.exposition(engine))
    assert value(found, "metier_process_tagged_total", process="host:1", role="worker:tag") == 512
    assert value(found, "metier_process_encode_seconds_total", process="host:1", role="worker:tag") == 1.5
    assert value(found, "metier_process_loop_lag_seconds", process="host:2", role="scheduler") == 0.25
    assert value(found, "metier_process_progress_seconds", process="host:1", role="worker:tag") >= 6.9


def test_an_absent_database_is_shown_and_not_an_error() -> None:
    absent = create("postgresql://nobody@127.0.0.1:1/none")
    assert shown(metrics.exposition(absent)) == {("metier_database_up", ()): 0.0}
    absent.dispose()


def test_the_port_answers_metrics_and_health_and_nothing_else() -> None:
    well = {"ok": True}
    server = port.serve(("127.0.0.1", free_port()), metrics=lambda: b"a 1\n", health=lambda: well)
    assert server is not None
    url = f"http://127.0.0.1:{server.server_port}"
    assert fetch(f"{url}/metrics") == (200, b"a 1\n")
    assert fetch(f"{url}/health") == (200, b'{"ok": true}\n')
    well["ok"] = False
    assert (fetch(f"{url}/health")[0], fetch(f"{url}/etc/passwd")[0]) == (503, 404)
    server.shutdown()
    server.server_close()


def test_a_taken_port_is_said_and_port_0_is_off(capsys: pytest.CaptureFixture[str]) -> None:
    nothing: Callable[[], bytes] = lambda: b""  # noqa: E731
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert port.serve(taken.getsockname(), metrics=nothing, health=dict) is None
    said = capsys.readouterr()
    assert "METIER_METRICS_PORT" in said.out + said.err
    assert port.serve(("127.0.0.1", 0), metrics=nothing, health=dict) is None


def test_a_scrape_does_not_grow_with_what_is_done(engine: Engine) -> None:
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title() for _ in range(5000)])
        connection.execute(text("UPDATE job SET state = 'done', run_at = NULL"))
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE job"))
        explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
        for asked in ("run_at IS NOT NULL", "lease_until IS NOT NULL", "dead_at IS NOT NULL"):
            plan = connection.execute(text(f"{explain} SELECT count(*) FROM job WHERE {asked}")).all()  # noqa: S608
            assert "job_" in str(plan), f"{asked} is answered without its index: {plan}"


def test_metrics_that_cannot_be_made_are_an_answer_and_one_line_of_the_log(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken() -> bytes:
        raise LookupError("nothing there")

    server = port.serve(("127.0.0.1", free_port()), metrics=broken, health=dict)
    assert server is not None
    assert fetch(f"http://127.0.0.1:{server.server_port}/metrics")[0] == 500
    server.shutdown()
    server.server_close()
    said = "".join(capsys.readouterr())
    assert "LookupError: nothing there" in said
    assert "Traceback" not in said


def test_somebody_who_hangs_up_before_the_answer_leaves_no_trace(capfd: pytest.CaptureFixture[str]) -> None:
    asked, hung_up = threading.Event(), threading.Event()

    def late() -> bytes:
        asked.set()
        hung_up.wait(10)
        return b"a 1\n" * 1_000_000  # more than the sockets hold

    server = port.serve(("127.0.0.1", free_port()), metrics=late, health=dict)
    assert server is not None
    with socket.create_connection(("127.0.0.1", server.server_port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert asked.wait(10)
    hung_up.set()
    while any("process_request_thread" in thread.name for thread in threading.enumerate()):
        time.sleep(0.01)
    server.shutdown()
    server.server_close()
    assert "Traceback" not in "".join(capfd.readouterr())
