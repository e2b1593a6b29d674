"""Delete what nobody asks for any more, a piece at a time so that nobody waits: the periodic job `forget`."""

from collections.abc import Callable
from datetime import timedelta

from scheduler.work import AGAIN, Outcome, Work
from storage import erasing, heartbeats, jobs, positions, quotas, schedule, shadows
from storage.engine import Connection, transaction
from storage.schedule import Schedule

KEEP_SLOTS = timedelta(days=1)
KEEP_HEARTBEATS = timedelta(days=1)
KEEP_QUOTAS = timedelta(days=60)
KEEP_SHADOWS = timedelta(days=30)
_PIECE = 10_000
_TITLES = 500


class Forget:
    """Deletes done jobs after `keep_done`, CV titles after `keep_cvs`, slots and the like after fixed times."""

    limit = 300.0

    def __init__(self, keep_done: timedelta, keep_cvs: timedelta | None = None) -> None:
        self._keep = keep_done
        self._keep_cvs = keep_cvs

    def wants(self, schedule: Schedule) -> bool:
        """Always: every scheduler can."""
        return schedule.kind == "forget"

    def run(self, work: Work) -> Outcome:
        """Delete piece by piece."""
        keep, slots = self._keep.total_seconds(), KEEP_SLOTS.total_seconds()
        counts = {
            "jobs": _all(work, lambda connection: jobs.forget_done(connection, keep=keep, most=_PIECE)),
            "slots": _all(work, lambda connection: schedule.forget(connection, keep=slots, most=_PIECE)),
            "shadow tags": _all(work, lambda c: shadows.forget(c, seconds=KEEP_SHADOWS.total_seconds(), most=_PIECE)),
            "heartbeats": _once(work, lambda c: heartbeats.forget(c, seconds=KEEP_HEARTBEATS.total_seconds())),
            "quotas": _once(work, lambda connection: quotas.forget(connection, days=KEEP_QUOTAS.days)),
        }
        if self._keep_cvs is not None:
            counts["CV titles"] = _titles(work, self._keep_cvs.total_seconds())
        return (
            AGAIN
            if work.stop.is_set()
            else Outcome("done", ", ".join(f"{count} {name}" for name, count in counts.items()))
        )

    def expired(self, work: Work) -> None:
        """Leave it: the next slot goes on where this one was."""


def _all(work: Work, delete: Callable[[Connection], int]) -> int:
    total = 0
    while not work.stop.is_set():
        count = _once(work, delete)
        total += count
        if count < _PIECE:
            break
    return total


def _titles(work: Work, keep: float) -> int:
    """Erase the titles of CVs that have not come in for so long, with all that hangs on them."""

    def erase(connection: Connection) -> int:
        ids = positions.outdated(connection, keep=keep, most=_TITLES)
        return erasing.erase(connection, ids).postings if ids else 0

    total = 0
    while not work.stop.is_set() and (count := _once(work, erase)):
        total += count
    return total


def _once(work: Work, delete: Callable[[Connection], int]) -> int:
    with transaction(work.engine) as connection:
        work.hold(connection)
        return delete(connection)
