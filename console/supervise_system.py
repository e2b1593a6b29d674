"""What one running system is made of: its broker, its database, its artifacts, one scheduler, its workers."""

import contextlib
import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from console import broker
from console.supervise import Part, Supervisor, run_quietly
from metier.errors import BrokerAway, ConfigError
from metier.settings import Settings

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Running:
    """A system at work. `environment` is what another process needs to take part in it."""

    kept: Supervisor
    broker_url: str
    environment: dict[str, str]
    logs: Path


@contextlib.contextmanager
def running(settings: Settings, *, workers: int, tell: Tell) -> Iterator[Running]:
    """Start a system and end it, whatever happens; `tell` hears what is being done."""
    with _alone(settings.home), contextlib.ExitStack() as stack:
        shared = _environment(settings)
        tell("preparing the database")
        prepare_database(settings)
        configured = settings.broker_url.get_secret_value()
        if configured:
            broker.ping(configured)
        prepare_artifacts(settings, tell=tell)
        logs = settings.home / "logs"
        kept = Supervisor(logs)
        stack.callback(kept.stop)
        if configured:
            address = configured
        else:
            tell("starting the broker")
            address = _own_broker(settings.home, kept, stack)
        shared["METIER_BROKER_URL"] = address
        tell("starting scheduler and workers")
        kept.start(Part("scheduler", [sys.executable, "-m", "scheduler"], shared))
        command = [sys.executable, "-m", "worker", "--queue", "tag", "--concurrency", str(workers)]
        kept.start(Part("worker-tag", command, shared))
        training = [sys.executable, "-m", "worker", "--queue", "train", "--concurrency", "1"]
        kept.start(Part("worker-train", training, shared))
        yield Running(kept, address, shared, logs.absolute())


def prepare_database(settings: Settings) -> None:
    """Bring the database to this code's schema."""
    from storage import engine, migrate

    connected = engine.create(settings.database)
    try:
        migrate.upgrade(connected)
    finally:
        connected.dispose()


def prepare_artifacts(settings: Settings, *, tell: Tell) -> None:
    """Build what is missing or out of date, in a child because that takes large libraries; let it serve."""
    from pipelines import artifact
    from storage import artifacts, engine

    root = settings.artifact_folder
    before = artifact.bundled(root)
    tell("checking the artifacts" if before else "building the artifacts, which takes minutes, once")
    command = [sys.executable, "-m", "console.cli.main", "artifacts", "build"]
    if run_quietly(command, _environment(settings)):
        if not before:
            raise ConfigError("the artifacts could not be built; what is wrong is said above")
        tell("the artifacts could not be brought up to date; the present ones go on serving")
    connected = engine.create(settings.database)
    try:
        with engine.transaction(connected) as connection:
            artifacts.adopt(connection, artifact.bundled(root))
    finally:
        connected.dispose()


def _own_broker(home: Path, kept: Supervisor, stack: contextlib.ExitStack) -> str:
    own = stack.enter_context(broker.embedded(home))
    stack.callback(kept.stop)  # before the address and the lock are given up
    kept.start(Part("broker", own.command, grace=2.0, holds=[own.lock]))
    deadline = monotonic() + broker.PATIENCE
    while True:
        try:
            broker.await_answer(own.url, patience=0.5)
        except BrokerAway as error:
            for fall in kept.tick():
                if fall.falls == 2 and not broker.set_aside(home):
                    raise ConfigError(f"the broker does not start: see {fall.log}") from error
            if monotonic() > deadline:
                raise ConfigError(f"the broker does not answer: see {home / 'logs' / 'broker.log'}") from error
            sleep(0.05)
        else:
            return own.url


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the home for one system; the lock goes with the process, so none is ever stale."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write to {home} ({error.strerror}): set METIER_HOME to a folder of yours") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
            raise ConfigError(
                f"Metier already runs in {home.absolute()} (process {holder}): "
                "end that one with Ctrl-C, or set METIER_HOME to another folder"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "METIER_HOME": str(settings.home.absolute()),
        "METIER_DATABASE_URL": settings.database,
        "METIER_ARTIFACTS": str(settings.artifact_folder),
        "METIER_METRICS_PORT": str(settings.metrics_port),
        "METIER_INBOX": str(settings.inbox.absolute()) if settings.inbox else "",
    }
