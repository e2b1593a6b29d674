"""Whoever keeps processes running hears that it is to end, and what stands beside them says nothing needless."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from console.supervise import Supervisor, environment, interruptible


class Forgotten:
    """Is cleared away at the very moment in which somebody presses Ctrl-C."""

    def __init__(self, number: signal.Signals) -> None:
        self._number = number

    def __del__(self) -> None:
        signal.raise_signal(self._number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_that_python_swallows_ends_it_nevertheless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    ignored: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: ignored.append(found.exc_type))
    with interruptible():
        Forgotten(number)
        assert ignored == [KeyboardInterrupt]
        with pytest.raises(KeyboardInterrupt):
            Supervisor(tmp_path).tick()
    with interruptible():
        assert Supervisor(tmp_path).tick() == []


def test_a_lifeline_whose_asker_is_gone_ends_its_command_without_a_word(tmp_path: Path) -> None:
    line = subprocess.Popen(
        [sys.executable, "-m", "console.lifeline", "2", str(tmp_path / "log"), "sleep", "60"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip
    assert line.stdin
    assert line.stdout
    assert line.stderr
    line.stdout.close()  # before it says the process id of its command
    line.stdin.close()
    assert line.wait(10) == 128 + signal.SIGTERM
    with line.stderr as said:
        assert said.read() == b""
