"""What one worker child holds while it lives: its engine, its taggers, and a thread that renews leases and reports."""

import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence

import structlog

from metier.errors import ArtifactDamaged, ConfigError, MetierError
from metier.settings import Settings
from storage import artifacts, heartbeats, leases, shadows
from storage.engine import HURRY, create, glancing, transaction
from storage.heartbeats import Process
from storage.shadows import Shadow
from worker import batch, beside
from worker.batch import Held, Serving, Terms
from worker.shadow import LoadOne, Shadows

_log = structlog.get_logger()
_BEAT = 5.0
_SWEEP = 30.0

Load = Callable[[Mapping[str, str]], Serving]
"""Loads the taggers of these champions (name to digest); an empty mapping means the bundled ones."""


class Child:
    """The state of this process: one thread computes, the keeper thread renews leases and reports."""

    def __init__(self, settings: Settings, queue: str, load: Load, load_one: LoadOne | None = None) -> None:
        host = socket.gethostname()
        self.process = Process(f"{host}:{os.getpid()}", f"worker:{queue}", host, os.getpid())
        self.engine = create(settings.database)
        self.held = Held()
        self.terms = Terms(
            owner=self.process.name,
            lease=settings.lease.total_seconds(),
            attempts=settings.attempts,
            give_up=settings.give_up.total_seconds(),
        )
        self._load = load
        self._candidates = Shadows(load_one) if load_one else None
        self._serving: Serving | None = None
        self._champions: Mapping[str, str] = {}
        self._counters: dict[str, float] = {"messages": 0, "tagged": 0, "busy_seconds": 0}
        self._progress = time.monotonic()
        self._ended = threading.Event()

    def start(self) -> None:
        """Report and renew from now on, and load the taggers before the first message asks for them."""
        threading.Thread(target=self._keep, name="keeper", daemon=True).start()
        try:
            self.serving()
        except MetierError as error:  # the first message will say it again, to its jobs
            _log.error("taggers are not ready", reason=str(error))

    def tag(self, ids: Sequence[int]) -> None:
        """Do what one message asks for."""
        began = time.monotonic()
        tagged = batch.run(self.engine, ids, self.serving(), self.terms, self.held, candidates=self._candidates)
        self._progress = time.monotonic()
        self._counters["messages"] += 1
        self._counters["tagged"] += tagged
        self._counters["busy_seconds"] += self._progress - began

    def serving(self) -> Serving:
        """Return the taggers of the present champions; a damaged or absent new one leaves the previous in place."""
        with glancing(self.engine) as connection:
            champions = artifacts.champions(connection)
            wanted = shadows.active(connection) if self._candidates else []
        if self._serving is None:
            self._serving = self._load(champions)
            self._champions = champions
        elif champions != self._champions:
            self._champions = champions  # said once, tried once
            try:
                self._serving = self._load(champions)
                _log.info("champions changed", artifacts=dict(self._serving.artifacts))
            except (ArtifactDamaged, ConfigError) as error:
                _log.error("the new champion cannot serve; the previous one goes on", reason=str(error))
        self._look_at_candidates(wanted)
        return self._serving

    def _look_at_candidates(self, wanted: Sequence[Shadow]) -> None:
        """Let those candidates tag along that are wanted; one that cannot be loaded is put aside with its reason."""
        if self._candidates is None or self._serving is None:
            return
        failed = self._candidates.look(wanted, self._champions)
        if failed:
            with transaction(self.engine) as connection:
                shadows.write(connection, failed, [])

    def end(self) -> None:
        """Stop reporting and take the heartbeat away."""
        self._ended.set()
        try:
            with transaction(self.engine, patience=HURRY) as connection:
                heartbeats.leave(connection, self.process)
        except MetierError as error:
            _log.warning("could not sign off", reason=str(error))

    def _keep(self) -> None:
        renewed, swept = time.monotonic(), 0.0
        while True:
            try:
                self._beat()
                if time.monotonic() - renewed > self.terms.lease / 3:
                    self._renew()
                    renewed = time.monotonic()
                if time.monotonic() - swept > _SWEEP:
                    swept = time.monotonic()
                    beside.sweep(self.engine)
            except MetierError as error:
                _log.warning("keeper waits", reason=str(error))
            if self._ended.wait(min(_BEAT, self.terms.lease / 4)):
                return

    def _beat(self) -> None:
        served = self._serving
        counters = self._counters | (dict(served.counters()) if served else {})
        with transaction(self.engine) as connection:
            heartbeats.beat(
                connection, self.process, counters=counters, artifacts=served.artifacts if served else {},
                progressed=time.monotonic() - self._progress,
            )  # fmt: skip

    def _renew(self) -> None:
        with self.held.lock:
            jobs = tuple(self.held.jobs)
        if jobs:
            with transaction(self.engine) as connection:
                leases.renew(connection, jobs, lease=self.terms.lease)
