"""Whichever way a chaos run ends, its processes and mounts end with it; and its tools do what they say."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.chaos.faults_processes import SKEWED
from tests.servers import REPOSITORY


@pytest.mark.parametrize(("ending", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_nothing_is_left_of_a_run_that_is_broken_off(ending: signal.Signals, status: int, tmp_path: Path) -> None:
    words = ["-m", "tests.chaos", "--database", "sqlite", "--jobs", "3000", "--faults", "8"]
    folder = tmp_path / "temporary"  # of its own, since other tests make folders meanwhile
    folder.mkdir()
    environment = os.environ | {"TMPDIR": str(folder)}
    with (tmp_path / "log").open("wb") as log:
        harness = psutil.Popen(
            [sys.executable, *words], cwd=REPOSITORY, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 40
        while len(started := harness.children(recursive=True)) < 10:
            assert time.monotonic() < deadline, (tmp_path / "log").read_text()
            time.sleep(0.1)
        assert list(folder.glob("metier-*"))
        harness.send_signal(ending)
        assert harness.wait(30) == status
    finally:
        if harness.is_running():
            harness.kill()
    _, left = psutil.wait_procs(started, timeout=15)
    assert left == []
    deadline = time.monotonic() + 10
    while list(folder.glob("metier-*")):
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.1)


def test_a_skewed_process_and_what_it_starts_have_another_clock() -> None:
    ask = "import time, datetime; print(time.time(), datetime.datetime.now(datetime.UTC).timestamp())"
    twice = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {ask!r}], check=True)"
    environment = os.environ | {"PYTHONPATH": SKEWED, "METIER_CHAOS_SKEW": "7200"}
    said = subprocess.run([sys.executable, "-c", twice], env=environment, capture_output=True, text=True, check=True)
    for moment in said.stdout.split():
        assert 7190 < float(moment) - time.time() < 7210
