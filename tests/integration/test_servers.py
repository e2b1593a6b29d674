"""The servers that the tests start are real, keep their data over a kill, and never outlive the test run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis

from tests.servers import REPOSITORY, Postgres, Tethered, Valkey

HOLDER = """
from tests.servers import {name}
server = {name}().start()
print(server.pid, server.folder, flush=True)
input()
"""


def test_the_broker_keeps_what_it_acknowledged_when_it_is_killed() -> None:
    with Valkey("--appendfsync", "always") as server:
        with redis.Redis.from_url(server.url) as client:
            client.set("key", "value")
        server.kill()
        assert not server.answers()
        server.start()
        with redis.Redis.from_url(server.url) as client:
            assert client.get("key") == b"value"


def test_each_test_gets_an_empty_broker(broker: str) -> None:
    with redis.Redis.from_url(broker) as client:
        assert client.dbsize() == 0


def test_postgres_keeps_what_it_committed_when_it_is_killed() -> None:
    with Postgres("fsync=on") as server:
        dsn = server.database().replace("+psycopg", "")
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept (n int)")
        server.kill()
        assert not server.answers()
        server.start()
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


@pytest.mark.parametrize("server", [Valkey, Postgres])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_server_outlives_its_holder(server: type[Tethered], number: signal.Signals) -> None:
    code = HOLDER.format(name=server.__name__)
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, cwd=REPOSITORY,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        pid, folder = holder.stdout.readline().split()
        holder.send_signal(number)
    assert _soon(lambda: not _alive(int(pid))), "the server is still there"
    assert _soon(lambda: not Path(folder).exists()), "its data is still there"


def _soon(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
