"""Keep processes running: start them behind a lifeline, start again what falls, leave nothing behind.

Each process is a child of `console.lifeline`, which ends it when we are gone, even by kill -9.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from types import FrameType

STEADY = 60.0
"""After so many seconds a process counts as well, and its next fall as its first."""
LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep running; `grace` is in seconds, `holds` are file descriptors that live as long as it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    grace: float = 8.0
    holds: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Fall:
    """A process that ended although it should run, and when it is started again."""

    name: str
    status: int
    falls: int
    pause: float
    log: Path


class _Kept:
    """One part with the process that now plays it."""

    def __init__(self, part: Part, log: Path) -> None:
        self.part, self.log = part, log
        self.falls = 0
        self.again_at = 0.0
        self.line: subprocess.Popen[bytes] | None = None
        self.pid = 0
        self.since = 0.0

    def start(self) -> None:
        self.line = subprocess.Popen(
            [sys.executable, "-m", "console.lifeline", str(self.part.grace), str(self.log), *self.part.command],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            env={**environment(), **self.part.environment}, pass_fds=self.part.holds,
        )  # fmt: skip
        self.since = monotonic()
        assert self.line.stdout is not None  # noqa: S101  asked for above
        self.pid = int(self.line.stdout.readline() or 0)

    def let_go(self) -> None:
        if self.line is not None and self.line.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.line.stdin.close()

    def gone(self, deadline: float) -> None:
        """Wait for the end that `let_go` asked for; kill at the deadline."""
        if self.line is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.line.wait(max(0.0, deadline - monotonic()))
        self.line.kill()
        self.clear()

    def clear(self) -> None:
        """Kill what the process may have left, and forget it."""
        if self.pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        if self.line is not None:
            self.let_go()
            if self.line.stdout is not None:
                self.line.stdout.close()
            self.line.wait()
        self.line, self.pid = None, 0


class Supervisor:
    """The processes of one system, started in order and ended in the opposite order."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs.absolute()
        self._kept: list[_Kept] = []

    def start(self, part: Part) -> None:
        """Start this part and keep it running."""
        kept = _Kept(part, self._logs / f"{part.name}.log")
        self._kept.append(kept)
        kept.start()

    def pids(self) -> dict[str, int]:
        """Return the process that plays each part now; 0 while it is down."""
        return {kept.part.name: kept.pid for kept in self._kept}

    def tick(self) -> list[Fall]:
        """Note what fell since the last call and start again what has waited long enough."""
        if _told_to_end:
            raise KeyboardInterrupt
        fallen = []
        for kept in self._kept:
            if kept.line is not None and (status := kept.line.poll()) is not None:
                kept.falls = 1 if monotonic() - kept.since > STEADY else kept.falls + 1
                pause = min(LONGEST_PAUSE, 0.25 * 2**kept.falls)
                kept.again_at = monotonic() + pause
                kept.clear()
                fallen.append(Fall(kept.part.name, status, kept.falls, pause, kept.log))
            elif kept.line is None and monotonic() >= kept.again_at:
                kept.start()
        return fallen

    def stop(self) -> None:
        """End everything: the latest started first, those of one grace together. A second Ctrl-C kills at once."""
        try:
            for group in _by_turns(self._kept):
                for kept in group:
                    kept.let_go()
                deadline = monotonic() + max(kept.part.grace for kept in group) + 0.5
                for kept in group:
                    kept.gone(deadline)
        finally:
            for kept in self._kept:
                kept.gone(0.0)
            self._kept = []


def _by_turns(kept: Sequence[_Kept]) -> Iterator[list[_Kept]]:
    """Yield what may end together: what holds a lock on data (the broker) ends after those that use it."""
    yield from filter(None, ([k for k in kept if not k.part.holds], [k for k in kept if k.part.holds]))


def environment() -> dict[str, str]:
    """Return what our child processes need to find this code and no namesake in the working folder."""
    root = str(Path(__file__).absolute().parents[1])
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    return dict(os.environ) | {"PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)), "PYTHONSAFEPATH": "1"}


def run_quietly(command: Sequence[str], extra: Mapping[str, str]) -> int:
    """Run a command to its end behind a lifeline, letting only its standard error be seen; return its exit status."""
    with subprocess.Popen(
        [sys.executable, "-m", "console.lifeline", "3", "-", *command],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, env={**environment(), **extra},
    ) as line:  # fmt: skip
        try:
            return line.wait()
        finally:
            assert line.stdin is not None  # noqa: S101  asked for above
            line.stdin.close()
            line.wait()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end us as Ctrl-C does: through every `finally`."""
    _told_to_end.clear()
    ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _interrupt) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


_told_to_end: list[int] = []
"""An interrupt that comes while Python clears memory away is lost as an exception; the next `tick` finds it here."""


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _told_to_end.append(number)
    raise KeyboardInterrupt
