"""The command `metier` as a person runs it, in a home of its own, and what it may leave behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.house.project import ROOT

METIER = [sys.executable, "-m", "console.cli.main"]


@dataclass(frozen=True)
class Home:
    """A folder for one installation; `settings` are what it is configured with beyond that."""

    path: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of its commands."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("METIER_")}
        given = {"METIER_HOME": str(self.path), "METIER_METRICS_PORT": "0", "PYTHONPATH": str(ROOT)}
        return {**ours, **given, **self.settings}

    def metier(self, *words: str, stdin: str = "", within: float = 120) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        ran = subprocess.run(
            [*METIER, *words], input=stdin, env=self.environment, cwd=self.path.parent, capture_output=True,
            text=True, check=False, timeout=within,
        )  # fmt: skip
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def answer(self, *words: str) -> Any:  # JSON
        """Run a command that answers in JSON."""
        ran = self.metier(*words, "--json")
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout)

    def workers(self) -> list[dict[str, Any]]:  # JSON
        """Return the worker children that are alive and have loaded their models."""
        ran = self.metier("status", "--json")
        found = json.loads(ran.stdout)["processes"] if ran.returncode == 0 else []
        return [row for row in found if row["role"] == "worker:tag" and row["alive"] and row["artifacts"]]

    def left_behind(self) -> list[psutil.Process]:
        """Return the living processes that were started for this home."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.status() == psutil.STATUS_ZOMBIE:
                    continue
                # the broker writes its title over its environment, and works in the folder of its data
                places = (process.environ().get("METIER_HOME", ""), process.cwd())
                if any(place.startswith(str(self.path)) for place in places):
                    found.append(process)
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return found

    @contextmanager
    def up(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Run `metier up` until the block ends, once it says that it runs."""
        said = self.path.parent / "up.said"
        with said.open("w") as errors:
            process = subprocess.Popen(
                [*METIER, "up", *words], env=self.environment, cwd=self.path.parent, stderr=errors, text=True
            )
        try:
            assert soon(lambda: process.poll() is not None or "Metier is running" in said.read_text(), within=60)
            assert process.poll() is None, said.read_text()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            process.wait(30)


def soon(true: Callable[[], object], *, within: float = 15) -> bool:
    """Wait until it is true; False when it does not become so in time."""
    deadline = time.monotonic() + within
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
