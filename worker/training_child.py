"""The child process that trains: `python -m worker.training_child JOB RUN FENCE ATTEMPTS`, ended with its parent.

It settles its own job: what it has found, the end of the run and the end of the job are one transaction.
"""

import os
import sys
import threading
from datetime import UTC, datetime

import structlog

from metier import logs
from metier.errors import DatabaseAway, MetierError, Transient
from metier.settings import Settings, settings
from pipelines.taggers import registry
from pipelines.tuning import Workshop
from storage import engine as engines
from storage import run_examples, run_leases, runs
from storage.engine import Engine, transaction
from storage.run_leases import Lease
from worker import judging
from worker.training_steps import Overtaken, Place, Record, train

DONE, FAILED, OVERTAKEN, ORPHANED = 0, 1, 4, 5
_log = structlog.get_logger()


def main() -> int:
    """Execute the run whose lease is given on the command line."""
    threading.Thread(target=_die_with_parent, daemon=True).start()
    chosen = settings()
    logs.configure(level=chosen.log_level, as_json=chosen.log_json)
    job, run, fence, attempts = map(int, sys.argv[1:5])
    engine = engines.create(chosen.database)
    try:
        return execute(place(engine, chosen), Record(engine, Lease(job, run, fence, attempts)), most=chosen.attempts)
    finally:
        engine.dispose()


def place(engine: Engine, chosen: Settings) -> Place:
    """Return where this installation trains."""
    return Place(
        engine,
        chosen.artifact_folder,
        chosen.threads,
        judging.bounds(chosen),
        lambda: datetime.now(UTC),
        Workshop(chosen.cache_folder / "heads", chosen.encoder, chosen.tune_titles),
        registry(),
    )


def execute(where: Place, record: Record, *, most: int) -> int:
    """Train, and settle the job by what came of it."""
    held = record.held
    try:
        outcome = train(where, record)
        with record.writing() as connection:
            runs.end(connection, held.run, state="done", outcome=outcome)
            run_examples.drop(connection, held.run)
            run_leases.complete(connection, held)
    except (Overtaken, DatabaseAway) as error:
        _log.warning("run left to others", run=held.run, reason=str(error))
        return OVERTAKEN
    except Transient as error:
        with transaction(where.engine) as connection:
            run_leases.again(connection, held, after=60.0, cause=type(error).__name__, error=str(error))
        return FAILED
    except MetierError as error:
        _give_up(where.engine, held, type(error).__name__, str(error))
        return FAILED
    except Exception as error:  # noqa: BLE001  whatever it is, the run says so and is tried again
        # its words may quote a text
        said = f"the training failed: {type(error).__name__}; the log of its worker says where"
        if held.attempts >= most:
            _give_up(where.engine, held, type(error).__name__, said)
        else:
            with transaction(where.engine) as connection:
                run_leases.again(connection, held, after=10.0, cause=type(error).__name__, error=said)
        _log.error("run failed", run=held.run, exc_info=True)
        return FAILED
    return DONE


def _give_up(engine: Engine, held: Lease, cause: str, error: str) -> None:
    with transaction(engine) as connection:
        if run_leases.fail(connection, held, cause=cause, error=error):
            runs.say(connection, held.run, f"failed: {error}")
            runs.end(connection, held.run, state="failed", outcome={}, error=error)


def _die_with_parent() -> None:
    """End when the pipe on standard input closes: whoever renews our lease is gone."""
    while os.read(sys.stdin.fileno(), 1024):  # unbuffered: a buffer would be locked while the interpreter ends
        pass
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
