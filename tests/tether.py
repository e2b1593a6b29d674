"""Run a server that dies with the process holding our standard input: no crash, kill or Ctrl-C leaves it behind.

python -m tests.tether FOLDER USER SIGNAL COMMAND...

FOLDER takes the server's log and is deleted when the holder died without a goodbye (a word on standard input).
USER is a user id, or -1 for our own. SIGNAL asks the server to end; five seconds later it is killed.
"""

import contextlib
import ctypes
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

GRACE = 5.0


def main(folder: str, user: str, ending: str, *command: str) -> int:
    """Start the command, print its process id, and end it when standard input closes."""
    switched = int(user) if int(user) >= 0 else None
    with (Path(folder) / "log").open("ab") as log:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder,
            user=switched, group=switched, extra_groups=None if switched is None else [],
            preexec_fn=_die_with_parent,  # noqa: PLW1509 -- this process has one thread
        )  # fmt: skip
    print(server.pid, flush=True)
    while server.poll() is None and not select.select([sys.stdin], [], [], 0.2)[0]:
        pass
    if server.poll() is None:
        _end(server, signal.Signals[ending])
    if not sys.stdin.read():
        shutil.rmtree(folder, ignore_errors=True)
    return 0


def _end(server: "subprocess.Popen[bytes]", ending: signal.Signals) -> None:
    server.send_signal(ending)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.wait(GRACE)
        return
    server.kill()
    server.wait()


def _die_with_parent() -> None:
    """Ask Linux to end the server should this very process be killed; other systems lack the call."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the pipe alone says when to end
    sys.exit(main(*sys.argv[1:]))
