"""`metier up` runs the whole system, keeps it running, and leaves nothing behind however it ends."""

import signal
import socket
from pathlib import Path

import psutil
import pytest
import redis

from tests import installed
from tests.integration.system import Home, soon


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Path:
    return installed.artifacts(pytestconfig)


@pytest.fixture
def home(artifacts: Path, tmp_path: Path) -> Home:
    return Home(tmp_path / "home", {"METIER_ARTIFACTS": str(artifacts)})


def roles(home: Home) -> dict[str, int]:
    """Return the pids of the parts of a running system."""
    found = {}
    for process in home.left_behind():
        try:
            words = process.cmdline()
        except psutil.Error:  # it is just gone
            continue
        if not words:  # it is just coming or going
            continue
        if "valkey-server" in words[0] or "redis-server" in words[0]:
            found["broker"] = process.pid
        elif words[1:3] == ["-m", "scheduler"]:
            found["scheduler"] = process.pid
        elif words[1:4] == ["-m", "worker", "--queue"]:
            found[f"worker of {words[4]}"] = process.pid
    return found


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_however_it_ends(home: Home, number: signal.Signals) -> None:
    with home.up("--workers", "2") as up:
        assert soon(lambda: len(home.workers()) == 2, within=60)
        # itself, four lifelines, broker, scheduler, two workers and their three children
        assert soon(lambda: len(home.left_behind()) >= 12, within=60), [
            process.cmdline() for process in home.left_behind()
        ]
        up.send_signal(number)
        assert up.wait(12) == (-number if number == signal.SIGKILL else 0)
        assert soon(lambda: not home.left_behind(), within=12), home.left_behind()


def test_what_falls_is_started_again_and_work_goes_on(home: Home) -> None:
    with home.up("--workers", "1"):
        before = roles(home)
        assert set(before) == {"scheduler", "worker of tag", "worker of train", "broker"}
        for pid in before.values():
            psutil.Process(pid).kill()
        assert soon(
            lambda: roles(home).keys() == before.keys() and not set(before.values()) & set(roles(home).values())
        )
        assert home.metier("ingest", "-", stdin="id,title\n1,Nurse\n2,Head of Sales\n").returncode == 0
        assert soon(lambda: home.answer("status")["totals"]["jobs_done"] == 2, within=60)
    assert not home.left_behind()


def test_two_systems_in_one_home_are_refused(home: Home) -> None:
    with home.up() as first:
        second = home.metier("up")
        assert second.returncode == 1
        assert f"already runs in {home.path} (process {first.pid})" in second.stderr


def test_other_commands_find_the_broker_and_doctor_finds_nothing_wrong(home: Home) -> None:
    with home.up("--workers", "1"):
        address = (home.path / "broker" / "url").read_text()
        with redis.Redis.from_url(address) as client:
            assert client.ping()
        assert soon(home.workers, within=60)
        found = home.answer("doctor")
        assert {row["level"] for row in found} <= {"ok", "warn"}, found
        assert {"broker", "database", "processes"} <= {row["about"] for row in found if row["level"] == "ok"}
        assert home.metier("health", "worker").returncode == 0
        assert home.metier("health", "scheduler").returncode == 0
    assert home.metier("health", "worker").returncode == 1


def test_a_broker_that_is_configured_and_away_is_said_at_once(home: Home) -> None:
    away = Home(home.path, {**home.settings, "METIER_BROKER_URL": "redis://127.0.0.1:1/0"})
    ran = away.metier("up")
    assert (ran.returncode, away.left_behind()) == (1, [])
    assert "the broker at redis://127.0.0.1:1/0 does not answer" in ran.stderr


def test_a_metrics_port_that_is_taken_is_said_at_the_start(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with Home(home.path, {**home.settings, "METIER_METRICS_PORT": str(port)}).up("--workers", "1"):
            said = (home.path.parent / "up.said").read_text()
    assert f"metrics    none: port {port} cannot be had (Address already in use)" in said
