"""A disk that is full without harm to others: a small one of its own (Linux as root), or a cap on files (Linux)."""

import contextlib
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path


@contextlib.contextmanager
def small(folder: Path, megabytes: int) -> Iterator[bool]:
    """Lay a small disk in memory over this empty folder; yield whether that is possible here."""
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "tmpfs", str(folder)]
    possible = (
        sys.platform == "linux"
        and os.geteuid() == 0
        and subprocess.run(words, check=False, capture_output=True).returncode == 0
    )
    try:
        yield possible
    finally:
        if possible:
            subprocess.run(["umount", "-l", str(folder)], check=False, capture_output=True)
            with contextlib.suppress(OSError):
                folder.rmdir()  # its owner could not delete it while the disk lay over it


def keep_full(folder: Path, seconds: float, stop: threading.Event) -> None:
    """Fill the small disk over this folder and take every byte that others free, for so many seconds."""
    path = folder / "filler"
    until = time.monotonic() + seconds
    with path.open("wb", buffering=0) as filler:  # one file to the end: by its name it might be on the host's disk
        if os.fstat(filler.fileno()).st_dev == folder.parent.stat().st_dev:
            raise RuntimeError(f"{folder} has no disk of its own")
        try:
            while time.monotonic() < until and not stop.is_set():
                _fill(filler.fileno())
                stop.wait(0.2)
        finally:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def capped(pids: Callable[[], Iterable[int]], size: int) -> Iterator[None]:
    """Let no file that these processes write grow beyond this size while the block runs; Linux, any user."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        _cap(pids(), (size, usual[1]))
        yield
    finally:
        _cap(pids(), usual)  # asked again: what they started meanwhile inherited the cap


def _cap(pids: Iterable[int], limits: tuple[int, int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)


def _fill(handle: int) -> None:
    block = bytes(1 << 20)
    size = len(block)
    while size:
        try:
            os.write(handle, block[:size])
        except OSError:
            size //= 16
