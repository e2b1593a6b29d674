"""End all processes of a chaos run when its harness is gone: python -m tests.chaos.leash TOKEN [FOLDER...].

Standard input is the leash: it closes when the harness ends, whichever way. Processes are known by the token in their
environment, which everything that they start inherits.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

TOKEN = "METIER_CHAOS_TOKEN"


def end_all(token: str) -> int:
    """Kill every process with this token, until none is left; return how many there were."""
    ended = 0
    for _ in range(50):
        found = [process for process in psutil.process_iter() if _ours(process, token)]
        if not found:
            break
        for process in found:
            try:
                process.kill()
                ended += 1
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(found, timeout=2)
    return ended


def _ours(process: psutil.Process, token: str) -> bool:
    try:
        return (
            process.pid != os.getpid()
            and process.status() != psutil.STATUS_ZOMBIE
            and process.environ().get(TOKEN) == token
        )
    except (psutil.Error, OSError):
        return False


def main(token: str, *folders: str) -> None:
    """Wait for the end of the harness; clear up after one that had no time for a goodbye."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said = sys.stdin.read()
    end_all(token)
    if not said:
        for folder in map(Path, folders):
            _clear(folder)


def _clear(folder: Path) -> None:
    """Delete a folder with the small disk that may lie over it, as soon as its server lets go."""
    for _ in range(50):
        for mount in (folder, *folder.glob("*")):
            if mount.is_mount():
                subprocess.run(["umount", "-l", str(mount)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.2)


if __name__ == "__main__":
    main(*sys.argv[1:])
