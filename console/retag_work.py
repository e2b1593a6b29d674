"""Carry a run on from the command that began it; a scheduler does the same, and whoever is killed leaves no gap."""

import time

from console.screen import Advance
from metier.settings import settings
from scheduler.retag import ROOM
from storage import backlog, retag_runs, retags, undoing
from storage.engine import Engine, reading, transaction
from storage.retag_runs import OPEN, RETAG, Run

PAUSE = 0.5


def go_on(engine: Engine, run: int, advance: Advance) -> None:
    """Do what can be done now; what is left is the scheduler's."""
    while _turn(engine, run):
        _show(engine, run, advance)


def see_through(engine: Engine, run: int, advance: Advance) -> None:
    """Do what can be done, again and again, until the run has ended."""
    while _show(engine, run, advance).state in OPEN:
        if not _turn(engine, run):
            time.sleep(PAUSE)


def _show(engine: Engine, run: int, advance: Advance) -> Run:
    with reading(engine) as connection:
        stands = retag_runs.get(connection, run)
        done = stands.done - (retags.open_jobs(connection, run) if stands.kind == RETAG else 0)
    advance(done, min(1.0, done / stands.total) if stands.total else None)
    return stands


def _turn(engine: Engine, run: int) -> bool:
    """Do a piece; return whether to go on at once."""
    room = min(ROOM, settings().backlog_bound // 2)
    with transaction(engine) as connection:
        stands = retag_runs.get(connection, run)
        if stands.kind != RETAG:
            return undoing.step(connection, run)
        if backlog.open_jobs(connection, most=room) >= room:
            return False
        if retags.feed(connection, run):
            return True
        retags.settle(connection, run)
        return False
