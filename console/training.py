"""Ask for a training: the same asked twice is one run, and two about one taxonomy are not executed side by side."""

import os
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from metier.errors import Rejected
from metier.settings import Settings
from storage import jobs, run_examples, run_leases, run_turns, runs
from storage.engine import Connection, Engine, transaction
from storage.run_examples import Given
from storage.run_leases import Lease
from storage.runs import Run
from worker import training
from worker.batch import Terms
from worker.training import TASK
from worker.training_steps import Order


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: the order, rows of files for this run alone, and texts never to learn from, as hashes."""

    order: Order
    given: Sequence[Given] = ()
    never: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Queued:
    """The run and its job; `joined` when somebody had asked for the very same, and it still waits."""

    run: int
    job: int
    joined: bool


def queue(engine: Engine, wish: Wish) -> Queued:
    """Queue a run for a worker, or join one that waits."""
    with transaction(engine) as connection:
        return _queue(connection, wish)


def take(engine: Engine, wish: Wish, terms: Terms) -> Lease:
    """Queue a run and take it in the same transaction, so that no worker does; one that waits is taken instead."""
    with transaction(engine) as connection:
        found = _queue(connection, wish)
        other = run_turns.beside(connection, found.job, kind=TASK)
        if other is not None:
            raise Rejected(_busy(other, wish.order.taxonomy))
        held = run_leases.claim(connection, found.job, task=TASK, owner=terms.owner, lease=terms.lease)
        if held is None:
            run = runs.get(connection, found.run)
            assert run is not None  # noqa: S101  it was just found
            raise Rejected(_busy(run, wish.order.taxonomy))
        return held


def terms_here(settings: Settings) -> Terms:
    """Return the terms on which this process holds a run."""
    return Terms(f"{socket.gethostname()}:{os.getpid()}", settings.lease.total_seconds(), settings.attempts)


def see_through(engine: Engine, held: Lease, terms: Terms, *, tick: Callable[[], None]) -> None:
    """Execute what was taken in a child process; interrupted by a person, the run is cancelled."""
    try:
        training.see_through(engine, held, terms, tick=tick)
    except KeyboardInterrupt:
        with transaction(engine) as connection:
            jobs.cancel(connection, [held.job], reason="stopped by a person")
            runs.end(connection, held.run, state="cancelled", outcome={}, error="stopped by a person")
            run_examples.drop(connection, held.run)
        raise


def _queue(connection: Connection, wish: Wish) -> Queued:
    run_turns.lock(connection)
    if not wish.given and not wish.never:
        for run in run_turns.waiting(connection, TASK, wish.order.taxonomy):
            if Order.of(run.params).asks_the_same(wish.order):
                return Queued(run.id, run.job, joined=True)
    number, job = runs.queue(connection, TASK, wish.order.params())
    run_examples.keep(connection, number, wish.given, never=wish.never)
    return Queued(number, job, joined=False)


def _busy(run: Run, taxonomy: str) -> str:
    """Say who trains; a run that waits for its next attempt after a failure cannot be taken yet either."""
    end = f"end it (`metier runs cancel {run.id}`) and repeat"
    if run.state != "running":
        return (
            f"run {run.id} about {taxonomy} failed ({run.error}) and is tried again by itself: wait for that, or {end}"
        )
    return (
        f"run {run.id} teaches {taxonomy} now ({run.owner}), and one at a time does: wait for it "
        f"(`metier runs show {run.id}`), or {end}"
    )
