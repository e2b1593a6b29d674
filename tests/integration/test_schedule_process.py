"""The scheduler as a process: it starts, polls, sends, answers, stays small, and ends within two seconds."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from redis import Redis
from sqlalchemy import text

from storage.engine import create, reading
from tests.servers import REPOSITORY, Valkey


@contextlib.contextmanager
def scheduler(tmp_path: Path, database: str, broker: str, *, port: int = 0) -> Iterator["subprocess.Popen[bytes]"]:
    (tmp_path / "inbox").mkdir(exist_ok=True)
    told = {
        "METIER_HOME": str(tmp_path), "METIER_DATABASE_URL": database, "METIER_BROKER_URL": broker,
        "METIER_INBOX": str(tmp_path / "inbox"), "METIER_METRICS_PORT": str(port), "METIER_LOG_JSON": "true",
    }  # fmt: skip
    with (
        (tmp_path / "log").open("ab") as log,
        subprocess.Popen([sys.executable, "-m", "scheduler"], cwd=REPOSITORY, env=os.environ | told, stderr=log) as run,
    ):
        try:
            yield run
        finally:
            run.kill()


def said(tmp_path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{")]


def events(tmp_path: Path, event: str) -> int:
    return sum(line["event"] == event for line in said(tmp_path))


def soon(true: Callable[[], bool], *, seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.1)
    return False


def test_a_file_dropped_into_the_inbox_becomes_a_message(tmp_path: Path, database: str, broker: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    with scheduler(tmp_path, database, broker, port=port) as run, Redis.from_url(broker) as queue:
        assert soon(lambda: events(tmp_path, "scheduler started") == 1)
        (tmp_path / "inbox" / "a.csv").write_text("id,title\n1,Nurse\n2,\n")
        assert soon(lambda: queue.llen("tag") == 1)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
            assert b'metier_jobs_open{lane="live",state="ready",task="tag"} 1.0' in page.read()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as page:
            assert json.loads(page.read())["ok"]
        assert psutil.Process(run.pid).memory_info().rss < 150 * 2**20
        began = time.monotonic()
        run.send_signal(signal.SIGTERM)
        assert run.wait(10) == 0
        assert time.monotonic() - began < 5
    assert events(tmp_path, "scheduler ended") == 1


def test_an_interrupt_ends_it_too_even_in_the_middle_of_a_large_file(
    tmp_path: Path, sqlite_database: str, broker: str
) -> None:
    rows = "\n".join(f"{n},Nurse {n}" for n in range(300_000))
    with scheduler(tmp_path, sqlite_database, broker) as run:
        (tmp_path / "inbox" / "a.csv").write_text(f"id,title\n{rows}\n")
        engine = create(sqlite_database)

        def saved() -> int:
            with reading(engine) as connection:
                return int(connection.execute(text("SELECT count(*) FROM posting")).scalar_one())

        assert soon(lambda: saved() > 0)
        began = time.monotonic()
        run.send_signal(signal.SIGINT)
        assert run.wait(10) == 0
        assert time.monotonic() - began < 5
        assert 0 < saved() < 300_000
        with reading(engine) as connection:
            assert connection.execute(text("SELECT count(*) FROM slot WHERE ended_at IS NULL")).scalar_one() == 0
        engine.dispose()


def test_a_database_without_tables_ends_it_with_what_to_do(tmp_path: Path, broker: str) -> None:
    with scheduler(tmp_path, f"sqlite:///{tmp_path}/empty.db", broker) as run:
        assert run.wait(30) == 1
    [line] = [line for line in said(tmp_path) if line["event"] == "cannot start"]
    assert "metier db upgrade" in str(line["reason"])


def test_it_waits_for_a_database_that_is_away_and_says_so_once(tmp_path: Path, broker: str) -> None:
    with scheduler(tmp_path, "postgresql://nobody@127.0.0.1:1/none", broker) as run:
        assert soon(lambda: events(tmp_path, "scheduler waits") == 1)
        time.sleep(3)
        assert events(tmp_path, "scheduler waits") == 1
        run.send_signal(signal.SIGTERM)
        assert run.wait(5) == 0


def test_it_ends_in_time_while_a_database_swallows_what_it_is_sent(tmp_path: Path, broker: str) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with scheduler(tmp_path, f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/none", broker) as run:
            silent.accept()[0].close()
            time.sleep(2)
            began = time.monotonic()
            run.send_signal(signal.SIGTERM)
            assert run.wait(10) == 0
            assert time.monotonic() - began < 5


def test_a_broker_that_is_away_holds_up_no_poll(tmp_path: Path, sqlite_database: str) -> None:
    with Valkey() as server:
        url = server.url
        server.kill()
        with scheduler(tmp_path, sqlite_database, url):
            (tmp_path / "inbox" / "a.csv").write_text("id,title\n1,Nurse\n")
            assert soon(lambda: events(tmp_path, "polled") == 1)
            server.start()
            with Redis.from_url(url) as queue:
                assert soon(lambda: queue.llen("tag") == 1)
