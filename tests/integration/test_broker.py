"""The broker that Metier starts: its own, locked, private, and gone with its holder."""

import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import redis

from console import broker, doctor
from console.supervise import Fall, Part, Supervisor, environment
from metier.errors import BrokerAway, ConfigError
from metier.settings import Settings
from tests.integration.system import soon

HOLDER = """
import sys, time
from pathlib import Path
from console import broker
from console.supervise import Part, Supervisor
home = Path(sys.argv[1])
with broker.embedded(home) as own:
    kept = Supervisor(home / "logs")
    kept.start(Part("broker", own.command, holds=[own.lock]))
    broker.await_answer(own.url)
    print(kept.pids()["broker"], flush=True)
    time.sleep(60)
"""


def gone(process: psutil.Process) -> bool:
    """Tell whether the process has ended, be it that nobody has asked for its exit status yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_the_broker_keeps_messages_over_a_restart_and_asks_for_its_password(tmp_path: Path) -> None:
    with broker.embedded(tmp_path) as own:
        kept = Supervisor(tmp_path / "logs")
        try:
            kept.start(Part("broker", own.command, holds=[own.lock]))
            broker.await_answer(own.url)
            with redis.Redis.from_url(own.url) as client:
                client.set("kept", "yes")
                assert client.config_get("appendonly") == {"appendonly": "yes"}
                assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
                assert client.config_get("bind") == {"bind": "127.0.0.1"}
            with pytest.raises(BrokerAway, match="password"):
                broker.ping(f"redis://{broker.without_password(own.url).removeprefix('redis://')}")
            time.sleep(1.1)  # the file is written to disk each second
            os.kill(kept.pids()["broker"], signal.SIGKILL)
            assert soon(lambda: bool(kept.tick())), "the fall was not noticed"
            assert soon(lambda: kept.tick() == [] and kept.pids()["broker"] > 0)
            broker.await_answer(own.url)
            with redis.Redis.from_url(own.url) as client:
                assert client.get("kept") == b"yes"
        finally:
            kept.stop()


def test_other_commands_find_the_broker_while_it_runs(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, broker_url="")
    with broker.embedded(tmp_path) as own:
        assert broker.url(settings) == own.url
        assert stat.S_IMODE((tmp_path / "broker" / "url").stat().st_mode) == 0o600
    with pytest.raises(ConfigError, match="metier up"):
        broker.url(settings)
    (tmp_path / "broker" / "url").write_text("redis://127.0.0.1:1/0")  # as one that was killed leaves it
    with pytest.raises(ConfigError, match="metier up"):
        broker.url(settings)
    (said,) = (found for found in doctor.examine(settings) if found.about == "broker")
    assert said.level == "ok"


def test_a_configured_broker_goes_first(tmp_path: Path) -> None:
    assert broker.url(Settings(home=tmp_path, broker_url="redis://elsewhere:6379/3")) == "redis://elsewhere:6379/3"


def test_a_broker_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(BrokerAway) as caught:
        broker.ping("redis://:secret@127.0.0.1:1/0")
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_what_is_no_url_is_said_to_be_none() -> None:
    with pytest.raises(ConfigError, match="redis://host:6379/0"):
        broker.ping("localhost")


def test_damaged_data_is_moved_away(tmp_path: Path) -> None:
    assert not broker.set_aside(tmp_path)
    (tmp_path / "broker" / "appendonlydir").mkdir(parents=True)
    assert broker.set_aside(tmp_path)
    assert not (tmp_path / "broker" / "appendonlydir").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_the_broker_ends_with_its_holder_and_frees_its_data(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment(),
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        family = psutil.Process(holder.pid).children(recursive=True)
        assert pid in {process.pid for process in family}
        holder.send_signal(number)
    assert soon(lambda: all(gone(process) for process in family))
    with (tmp_path / "broker" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_the_server_ends_when_even_its_lifeline_is_killed(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux tells a child of its parent's death")
    kept = Supervisor(tmp_path)
    kept.start(Part("sleeper", ["sleep", "60"]))
    sleeper = psutil.Process(kept.pids()["sleeper"])
    psutil.Process(sleeper.ppid()).kill()
    assert soon(lambda: gone(sleeper))
    kept.stop()


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    kept = Supervisor(tmp_path)
    kept.start(Part("family", ["sh", "-c", "trap '' TERM; sleep 61 & sleep 62"], grace=0.2))
    head = psutil.Process(kept.pids()["family"])
    assert soon(lambda: len(head.children()) == 2)
    family = [head, *head.children()]
    kept.stop()
    assert all(gone(process) for process in family)


def test_a_process_that_keeps_falling_is_started_ever_more_slowly(tmp_path: Path) -> None:
    kept = Supervisor(tmp_path)
    kept.start(Part("broken", ["sh", "-c", "echo no luck; exit 3"]))
    falls: list[Fall] = []
    deadline = time.monotonic() + 15
    while len(falls) < 3 and time.monotonic() < deadline:
        falls += kept.tick()
        time.sleep(0.01)
    kept.stop()
    assert [(fall.status, fall.falls, fall.pause) for fall in falls] == [(3, 1, 0.5), (3, 2, 1.0), (3, 3, 2.0)]
    assert falls[0].log.read_text().startswith("no luck\n")
