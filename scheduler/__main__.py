"""The scheduler process: wires settings, storage and the broker's door, and runs the relay, the loop and the port."""

import os
import random
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial

import structlog

from metier import logs
from metier.errors import ConfigError, DatabaseAway, MetierError
from metier.settings import Settings, settings
from scheduler import memory, metrics, periodic, port
from scheduler.coalesce import Sizes
from scheduler.loop import Loop
from scheduler.pressure import Pressure
from scheduler.relay import Relay, Rules
from scheduler.switched import Switched
from scheduler.work import Counts, described
from storage import migrate
from storage.engine import Engine, create, transaction
from storage.heartbeats import Process

GRACE = 1.5
"""Seconds that everything has to end in once we are told to."""
STALLED = 180.0
"""Seconds without a turn after which the process counts as unwell; a silent database holds one up for less."""
_log = structlog.get_logger()


def main() -> int:
    """Run until SIGTERM or SIGINT, which end it in two seconds even where a database does not answer."""
    memory.be_frugal()
    chosen = settings()
    logs.configure(level=chosen.log_level, as_json=chosen.log_json)
    stop, asked, failed = threading.Event(), list[int](), list[str]()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: asked.append(number))  # setting an event here could lock for ever
    runner = threading.Thread(target=_guarded, args=(chosen, stop, failed), name="scheduler", daemon=True)
    runner.start()
    while runner.is_alive() and not asked:
        runner.join(0.2)
    stop.set()
    runner.join(GRACE)
    return 1 if failed else 0


def _guarded(chosen: Settings, stop: threading.Event, failed: list[str]) -> None:
    try:
        run(chosen, stop)
    except ConfigError as error:
        failed.append(str(error))
        _log.error("cannot start", reason=str(error))
    except Exception as error:  # noqa: BLE001  said before whoever supervises us starts it again
        failed.append(described(error))
        _log.error("scheduler failed", reason=described(error))


def run(chosen: Settings, stop: threading.Event) -> None:
    """Run the scheduler until told to stop; raise ConfigError where the installation is wrong."""
    switched = Switched(chosen)
    engine = create(chosen.database)
    if not _ready(engine, switched, stop):
        return
    process = _process()
    pressure = Pressure(chosen.backlog_bound)
    counts = Counts()
    relay = _relay(engine, chosen, counts)
    loop = Loop(
        engine, periodic.kinds(chosen, pressure.paused, on=switched), process=process, pressure=pressure, counts=counts,
        before=partial(switched.look, engine), progressed=lambda: time.monotonic() - relay.last_turn,
    )  # fmt: skip
    sending = threading.Thread(target=_kept_up, args=(relay, stop), name="relay", daemon=True)
    sending.start()
    opened = port.serve(
        (chosen.metrics_host, chosen.metrics_port),
        metrics=partial(metrics.exposition, engine),
        health=partial(_health, process.name, loop, relay),
    )
    _log.info("scheduler started", name=process.name)
    loop.run(stop)
    sending.join(1.0)
    if opened is not None:
        opened.server_close()
    engine.dispose()
    _log.info("scheduler ended")


def _ready(engine: Engine, switched: Switched, stop: threading.Event) -> bool:
    """Wait for the database, see that its schema is ours, and write the schedules; False when told to stop."""
    pause, said = 0.5, False
    while not stop.is_set():
        try:
            migrate.check(engine)
            with transaction(engine) as connection:
                switched.establish(connection)
            return True
        except DatabaseAway as error:
            if not said:
                _log.warning("scheduler waits", reason=str(error))
            said = True
            stop.wait(pause * random.uniform(0.7, 1.0))
            pause = min(pause * 2, 10.0)
    return False


def _process() -> Process:
    host = socket.gethostname()
    return Process(f"{host}:{os.getpid()}:{secrets.token_hex(2)}", "scheduler", host, os.getpid())


def _relay(engine: Engine, chosen: Settings, counts: Counts) -> Relay:
    from worker.app import Door, app

    sizes = Sizes(chosen.batch_titles, chosen.batch_postings, chosen.batch_wait.total_seconds())
    rules = Rules(sizes, window=chosen.window, hint_age=chosen.hint_age.total_seconds(), attempts=chosen.attempts)
    return Relay(engine, Door(app), rules, counts=counts)


def _kept_up(relay: Relay, stop: threading.Event) -> None:
    """Run the relay; what should not happen to it is said, and it goes on."""
    while not stop.is_set():
        try:
            relay.run(stop)
        except MetierError as error:
            _log.error("relay failed", reason=str(error))
            stop.wait(5.0)
        except Exception as error:  # noqa: BLE001  the relay is what everything waits for
            _log.error("relay failed", reason=described(error))
            stop.wait(5.0)


def _health(name: str, loop: Loop, relay: Relay) -> Mapping[str, object]:
    """Say whether both go round; a database or broker that is away is no reason to restart this process."""
    now = time.monotonic()
    ages = {"loop": round(now - loop.last_tick, 1), "relay": round(now - relay.last_turn, 1)}
    well = ages["loop"] < STALLED and now - relay.last_try < STALLED
    return {"ok": well, "name": name, "seconds_since_turn": ages, "lag": round(loop.lag, 3)}


if __name__ == "__main__":
    sys.exit(main())
