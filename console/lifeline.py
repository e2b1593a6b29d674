"""Run a command that ends with the process holding our standard input, whichever way that process ends.

python -m console.lifeline GRACE LOG COMMAND...

When standard input closes, the command has GRACE seconds to leave after SIGTERM; then it and all that it started are
killed. What it says goes to the file LOG, cut at ten million bytes with one older part kept, or straight on if LOG is
"-". Only the standard library is imported: one of these stands beside every process of `metier up`.
"""

import contextlib
import ctypes
import os
import selectors
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import IO

ROOM = 10_000_000


def main(grace: str, log: str, *command: str) -> int:
    """Run the command, print its process id, end it when standard input closes; return its exit status."""
    wake, waker = os.pipe()
    for end in (wake, waker):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(waker)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _noted)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # standard input alone says when to end
    said = None if log == "-" else subprocess.PIPE
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT if said else None,
            start_new_session=True, preexec_fn=_die_with_parent,  # noqa: PLW1509  this process has one thread
        )  # fmt: skip
    except OSError as error:
        sys.stderr.write(f"cannot start {command[0]}: {error.strerror}\n")
        return 127
    if said:
        with contextlib.suppress(BrokenPipeError):  # whoever asked is gone, and standard input says so
            os.write(1, f"{process.pid}\n".encode())
    with Log(Path(log)) if said else contextlib.nullcontext() as writer:
        _watch(process, wake, writer)
        _end(process, float(grace), writer)
    return process.returncode if process.returncode >= 0 else 128 - process.returncode


class Log:
    """A file that begins anew at ROOM bytes; the part before stays beside it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> "Log":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = self._path.open("ab", buffering=0)
        return self

    def write(self, said: bytes) -> None:
        """Append; a full disk costs lines, never the process."""
        with contextlib.suppress(OSError):
            if self._file.tell() > ROOM:
                self._file.close()
                self._path.replace(self._path.with_suffix(self._path.suffix + ".1"))
                self._file = self._path.open("ab", buffering=0)
            self._file.write(said)

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _watch(process: "subprocess.Popen[bytes]", wake: int, log: Log | None) -> None:
    """Return when the command has ended or is to end; nothing polls, so that idling costs nothing."""
    with selectors.DefaultSelector() as selector:
        selector.register(0, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        if process.stdout is not None:
            selector.register(process.stdout, selectors.EVENT_READ)
        while process.poll() is None:
            ready = {key.fd for key, _ in selector.select()}
            if wake in ready and signal.SIGTERM in os.read(wake, 512):
                return
            if 0 in ready and not os.read(0, 512):
                return
            if process.stdout is not None and process.stdout.fileno() in ready:
                said = os.read(process.stdout.fileno(), 65536)
                if not said:
                    selector.unregister(process.stdout)
                elif log is not None:
                    log.write(said)


def _end(process: "subprocess.Popen[bytes]", grace: float, log: Log | None) -> None:
    if process.poll() is None:
        process.terminate()
    deadline = monotonic() + grace
    out = process.stdout
    if out is not None:
        os.set_blocking(out.fileno(), False)
    while True:
        ended = process.poll() is not None
        if out is not None and log is not None:
            with contextlib.suppress(BlockingIOError):
                while said := os.read(out.fileno(), 65536):
                    log.write(said)
        if ended or monotonic() > deadline:
            break
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS answers so for a group of zombies
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _die_with_parent() -> None:
    """Ask Linux to kill the command should this very process be killed; other systems lack the call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Let the number of the signal wake the selector; the default action would end us or nothing would happen."""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
