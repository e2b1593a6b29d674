"""Carry on the runs that tag again and those that undo one: the periodic job `retag`.

Jobs are handed out only while few are open, so that a run over a million postings neither stops polling nor makes the
table of jobs large. A command that began a run does the same; they take turns by the run's row.
"""

from collections.abc import Callable
from functools import partial

from scheduler.work import AGAIN, Outcome, Work
from storage import backlog, retag_runs, retags, undoing
from storage.engine import Connection, transaction
from storage.retag_runs import RETAG
from storage.schedule import Schedule

ROOM = 20_000
"""Open jobs, of whatever kind, from which on no more are handed out."""


class Retag:
    """Hands out the jobs of open runs, ends runs that are through, and undoes."""

    limit = 300.0

    def __init__(self, room: int = ROOM) -> None:
        self._room = room

    def wants(self, schedule: Schedule) -> bool:
        """Always: every scheduler can."""
        return schedule.kind == "retag"

    def run(self, work: Work) -> Outcome:
        """Do what each open run can do now."""
        with transaction(work.engine) as connection:
            work.hold(connection)
            runs = retag_runs.open_runs(connection)
        moved = 0
        for run in runs:
            turn = self._apply if run.kind == RETAG else _undo
            while not work.stop.is_set() and _held(work, partial(turn, run=run.id)):
                moved += 1
        return AGAIN if work.stop.is_set() else Outcome("done", f"{len(runs)} runs open, {moved} pieces")

    def expired(self, work: Work) -> None:
        """Leave it: the next slot goes on where this one was."""

    def _apply(self, connection: Connection, run: int) -> bool:
        """Hand out a piece where there is room; return whether to go on at once."""
        if backlog.open_jobs(connection, most=self._room) >= self._room:
            return False
        if retags.feed(connection, run):
            return True
        retags.settle(connection, run)
        return False


def _undo(connection: Connection, run: int) -> bool:
    return undoing.step(connection, run)


def _held(work: Work, turn: Callable[[Connection], bool]) -> bool:
    with transaction(work.engine) as connection:
        work.hold(connection)
        return turn(connection)
