"""Processor time of processes: unlike a rate it hardly hangs on what else the machine does."""

import contextlib
from collections.abc import Iterable

import psutil


def spent(roots: Iterable[int]) -> float:
    """Return the seconds that these processes and all below them have computed so far."""
    total = 0.0
    for pid in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.NoSuchProcess):
                    times = process.cpu_times()
                    total += times.user + times.system
    return total
