"""Tag one source again and undo it, going on where a killed process left off; and die by SIGKILL at one commit."""

import os
import signal
from itertools import count

from sqlalchemy import event, text

from storage import retag_runs, retags, undoing
from storage.engine import Engine, create, reading, transaction
from storage.filters import Filter
from storage.retag_runs import Run
from tests.integration.retag_world import TAXONOMIES, Levels, work

SPAN, BATCH, PIECE = 3, 2, 2


def carry_on(engine: Engine, source: str) -> int:
    """Begin the run of this source, or go on with it, to its end; return its number."""
    found = _run(engine, source)
    if found is None:
        with transaction(engine) as connection:
            run = retags.begin(connection, Filter(sources=[source]), TAXONOMIES, total=0, by="test")
    else:
        run = found.id
    more = True
    while more:
        with transaction(engine) as connection:
            more = retags.feed(connection, run, span=SPAN)
    while work(engine, Levels("2"), most=BATCH):
        pass
    while not _settled(engine, run):  # somebody else may hold some of its jobs
        work(engine, Levels("2"), most=BATCH)
    return run


def _settled(engine: Engine, run: int) -> bool:
    with transaction(engine) as connection:
        return retags.settle(connection, run)


def undo(engine: Engine, run: int) -> None:
    """Undo this run, or go on with that."""
    with transaction(engine) as connection:
        number = undoing.begin(connection, run, by="test")
    more = True
    while more:
        with transaction(engine) as connection:
            more = undoing.step(connection, number, piece=PIECE)


def leases_run_out(engine: Engine) -> None:
    """Give back what a dead worker held."""
    with transaction(engine) as connection:
        connection.execute(text("UPDATE job SET state = 'ready', run_at = created_at, lease_until = NULL "
                                "WHERE state = 'leased'"))  # fmt: skip


def _run(engine: Engine, source: str) -> Run | None:
    with reading(engine) as connection:
        runs = retag_runs.listed(connection, most=1000)
    return next((run for run in runs if run.params.get("filter") == {"sources": [source]}), None)


def die_at(url: str, source: str, at: int) -> None:
    """Do it all, but die just before this commit, which leaves what dying after the one before it leaves."""
    engine, commits = create(url), count(1)

    def dies(_connection: object) -> None:
        if next(commits) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", dies)
    undo(engine, carry_on(engine, source))
