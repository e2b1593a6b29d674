"""Execute a run in a child process: renew its lease every third of its length, and kill the child when it is lost."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import structlog

from metier.errors import DatabaseAway
from storage import run_leases, runs
from storage.engine import Engine, transaction
from storage.run_leases import Lease
from worker.batch import Terms

TASK = "train"

_LOOK = 0.5
_PARTING = 5.0
_log = structlog.get_logger()

Command = Callable[[Lease], Sequence[str]]


def child(held: Lease) -> list[str]:
    """Return the command of the process that trains."""
    numbers = (held.job, held.run, held.fence, held.attempts)
    return [sys.executable, "-m", "worker.training_child", *map(str, numbers)]


def run(engine: Engine, job: int, terms: Terms, *, command: Command = child) -> bool:
    """Claim the run of this job and see it through; return whether it was ours to do."""
    with transaction(engine) as connection:
        held = run_leases.claim(connection, job, task=TASK, owner=terms.owner, lease=terms.lease)
    if held is None:
        return False
    see_through(engine, held, terms, command=command)
    return True


def see_through(
    engine: Engine,
    held: Lease,
    terms: Terms,
    *,
    command: Command = child,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Keep the lease while a child process executes the run; told to end, end the child and give the run back."""
    # one thread: sums in another order give other weights, and the same examples are to give the same
    process = subprocess.Popen(command(held), stdin=subprocess.PIPE, env=os.environ | {"OMP_NUM_THREADS": "1"})
    try:
        _watch(engine, held, terms, process=process, tick=tick)
    except BaseException:  # told to end: the run goes on from its checkpoint, with its attempt given back
        _end(process)
        with transaction(engine) as connection:
            run_leases.release(connection, held)
        raise
    finally:
        _end(process)
    _settle(engine, held, terms, process.returncode)


def _watch(
    engine: Engine, held: Lease, terms: Terms, *, process: "subprocess.Popen[bytes]", tick: Callable[[], None]
) -> None:
    renewed = time.monotonic()
    while process.poll() is None:
        tick()
        if time.monotonic() - renewed > terms.lease / 3:
            try:
                with transaction(engine) as connection:
                    ours = run_leases.renew(connection, held, lease=terms.lease)
                    over = not ours and run_leases.completed(connection, held)
            except DatabaseAway as error:
                _log.warning("lease not renewed", run=held.run, reason=str(error))
                if time.monotonic() - renewed <= terms.lease:
                    time.sleep(_LOOK)
                    continue
                ours = over = False  # nobody can know any more whose it is
            if over:  # the child has written its last word, and exits
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_PARTING)
                return
            if not ours:
                _log.warning("run is no longer ours", run=held.run)
                return
            renewed = time.monotonic()
        try:
            process.wait(min(_LOOK, terms.lease / 6))
        except subprocess.TimeoutExpired:
            continue


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _settle(engine: Engine, held: Lease, terms: Terms, status: int) -> None:
    """Settle a job whose child died without doing so itself; where it did, or the fence moved, nothing happens."""
    if status >= 0:
        return
    said = f"its process died (signal {-status})"
    with transaction(engine) as connection:
        if held.attempts >= terms.attempts:
            if run_leases.fail(connection, held, cause="died", error=said):
                runs.end(connection, held.run, state="failed", outcome={}, error=said)
        elif run_leases.again(connection, held, after=1.0, cause="died", error=said):
            runs.say(connection, held.run, f"{said}; it goes on from where it was")
