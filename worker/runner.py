"""What a child of a queue of runs holds while it lives: its engine and a thread that reports; it loads no models."""

import os
import socket
import threading
import time
from collections.abc import Sequence

import structlog

from metier.errors import MetierError
from metier.settings import Settings
from storage import heartbeats
from storage.engine import create, transaction
from storage.heartbeats import Process
from worker import training
from worker.batch import Terms

_log = structlog.get_logger()
_BEAT = 5.0


class Runner:
    """Executes runs one after the other, each in a child process of its own."""

    def __init__(self, settings: Settings, queue: str) -> None:
        host = socket.gethostname()
        self.process = Process(f"{host}:{os.getpid()}", f"worker:{queue}", host, os.getpid())
        self.engine = create(settings.database)
        self.terms = Terms(owner=self.process.name, lease=settings.lease.total_seconds(), attempts=settings.attempts)
        self._runs = 0
        self._progress = time.monotonic()
        self._ended = threading.Event()

    def start(self) -> None:
        """Report from now on."""
        threading.Thread(target=self._report, name="reporter", daemon=True).start()

    def train(self, ids: Sequence[int]) -> None:
        """Do what one message asks for."""
        for id_ in ids:
            self._runs += training.run(self.engine, id_, self.terms)
            self._progress = time.monotonic()

    def end(self) -> None:
        """Stop reporting and take the heartbeat away."""
        self._ended.set()
        try:
            with transaction(self.engine) as connection:
                heartbeats.leave(connection, self.process)
        except MetierError as error:
            _log.warning("could not sign off", reason=str(error))

    def _report(self) -> None:
        while True:
            try:
                with transaction(self.engine) as connection:
                    heartbeats.beat(
                        connection, self.process, counters={"runs": float(self._runs)}, artifacts={},
                        progressed=time.monotonic() - self._progress,
                    )  # fmt: skip
            except MetierError as error:
                _log.warning("reporter waits", reason=str(error))
            if self._ended.wait(_BEAT):
                return
