"""A worker child that tags, meets a new champion and tags on, and dies by SIGKILL at one boundary of a statement."""

import os
import signal
from collections.abc import Mapping
from itertools import count

from sqlalchemy import event, text

from metier.settings import Settings
from storage import artifacts
from storage.engine import Engine, reading, transaction
from tests.integration.retag_world import TAXONOMIES, Levels
from worker.child import Child

OLD, NEW = "old", "new"
BATCH = 2


def load(champions: Mapping[str, str]) -> Levels:
    """Return what tags as these champions do: its codes name the artifact."""
    (version,) = set(champions.values())
    return Levels(version)


def promote(engine: Engine, digest: str, before: str | None) -> None:
    """Let this digest serve in all taxonomies, at one moment; once it does, nothing is to be done."""
    with transaction(engine) as connection:
        for name in TAXONOMIES:
            artifacts.register(connection, name, digest)
            artifacts.promote(connection, name, digest, expected=before)


def open_jobs(engine: Engine) -> list[int]:
    """Return the jobs that wait."""
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT id FROM job WHERE state = 'ready' ORDER BY id")).scalars())


def work(engine: Engine, child: Child) -> None:
    """Tag some, let the new champion serve, tag the rest; whatever of it was done before is not done again."""
    child.tag(open_jobs(engine)[:BATCH])
    promote(engine, NEW, OLD)
    while jobs := open_jobs(engine)[:BATCH]:
        child.tag(jobs)


def die_at(url: str, at: int) -> None:
    """Do it all, but die at this boundary: before or after a statement, or before a commit."""
    child, boundaries = Child(Settings(database_url=url), "tag", load), count(1)

    def dies(*_: object) -> None:
        if next(boundaries) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for what in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(child.engine, what, dies)
    work(child.engine, child)


def carry_on(url: str) -> None:
    """Do what is left, as the next worker does."""
    child = Child(Settings(database_url=url), "tag", load)
    work(child.engine, child)
    child.engine.dispose()
