"""Keep the processes of a run alive as an operator's supervisor would: what dies is started again."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import psutil

from tests.chaos.leash import TOKEN, end_all
from tests.servers import REPOSITORY

PAUSE = 0.3
"""Seconds between a death and the new start."""


@dataclass(slots=True)
class _Part:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    again: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    died: float = field(default=0.0)


class Keeper:
    """The processes of one run, each in a group of its own; nothing outlives this process."""

    def __init__(self, folder: Path, environment: Mapping[str, str], folders: Sequence[Path] = ()) -> None:
        self.starts: Counter[str] = Counter()
        self._folder = folder
        self._token = uuid.uuid4().hex
        self._environment = dict(os.environ) | {TOKEN: self._token} | dict(environment)
        self._folders = folders
        self._parts: dict[str, _Part] = {}
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._leash: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._watch, name="keeper", daemon=True)

    def start(self, name: str, module: str, *words: str, environment: Mapping[str, str] | None = None) -> None:
        """Run this module under this name and keep it running."""
        self._add(_Part(name, [sys.executable, "-m", module, *words], environment or {}))

    def start_once(self, name: str, module: str, *words: str) -> None:
        """Run this module under this name until it ends."""
        self._add(_Part(name, [sys.executable, "-m", module, *words], {}, again=False))

    def wait(self, name: str, seconds: float) -> int:
        """Return the exit status of what was started once."""
        process = self._parts[name].process
        if process is None:
            raise ProcessLookupError(name)
        return process.wait(seconds)

    def end(self, name: str) -> None:
        """Kill this process with its group, and leave it so."""
        with self._lock:
            part = self._parts.pop(name)
        self._signal(part, signal.SIGKILL)
        if part.process is not None:
            part.process.wait(10)

    def names(self, prefix: str) -> list[str]:
        """Return the names that begin so and have a running process."""
        with self._lock:
            return [name for name, part in self._parts.items() if name.startswith(prefix) and _runs(part)]

    def pid(self, name: str) -> int:
        """Return the process id of a running process."""
        with self._lock:
            part = self._parts[name]
            if part.process is None:
                raise ProcessLookupError(name)
            return part.process.pid

    def children(self, name: str) -> list[int]:
        """Return the pool children of a worker."""
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            found = psutil.Process(self.pid(name)).children()
            return [child.pid for child in found if "resource_tracker" not in " ".join(child.cmdline())]
        return []

    def all(self) -> list[int]:
        """Return every process of the run, and all that they started."""
        found = []
        for name in self.names(""):
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                parent = psutil.Process(self.pid(name))
                found += [parent.pid, *(child.pid for child in parent.children(recursive=True))]
        return found

    def send(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one process."""
        os.kill(self.pid(name), number)

    def signal_group(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and all that it started."""
        with self._lock:
            part = self._parts.get(name)
        if part is not None:
            self._signal(part, number)

    def log(self, name: str) -> str:
        """Return what a process said so far."""
        path = self._folder / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._leash = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.leash", self._token, *map(str, self._folders)],
            stdin=subprocess.PIPE, cwd=REPOSITORY, start_new_session=True,
        )  # fmt: skip
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)
        end_all(self._token)
        for part in self._parts.values():
            if part.process is not None:
                part.process.wait(10)
        if self._leash is not None:
            self._leash.communicate(b"goodbye", timeout=30)

    def _add(self, part: _Part) -> None:
        with self._lock:
            self._parts[part.name] = part
            self._begin(part)

    def _begin(self, part: _Part) -> None:
        with (self._folder / f"{part.name}.log").open("ab") as log:
            part.process = subprocess.Popen(
                part.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=REPOSITORY,
                env={**self._environment, **part.environment}, start_new_session=True,
            )  # fmt: skip
        self.starts[part.name] += 1

    def _watch(self) -> None:
        while not self._ended.wait(0.1):
            with self._lock:
                for part in [part for part in self._parts.values() if part.again]:
                    if part.process is not None and part.process.poll() is not None:
                        part.process, part.died = None, time.monotonic()
                    elif part.process is None and time.monotonic() - part.died > PAUSE:
                        self._begin(part)

    def _signal(self, part: _Part, number: signal.Signals) -> None:
        if part.process is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(part.process.pid, number)


def _runs(part: _Part) -> bool:
    return part.process is not None and part.process.poll() is None
