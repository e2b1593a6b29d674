"""Bringing postings in from a program of one's own, in one call.

from scheduler.push import push

pushed = push(Posting("ats", str(row.id), row.title, body=row.text) for row in rows)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from metier.settings import settings
from metier.types import Lane, Posting
from scheduler import flaws
from storage import migrate, postings
from storage.engine import create, transaction
from storage.postings import Ingested

TOGETHER = 500
"""Postings in one transaction."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What came of it: how many were new, edited or as before, and for each that cannot be stored why."""

    new: int
    edited: int
    same: int
    bad: tuple[str, ...] = ()


def push(found: Iterable[Posting], *, lane: Lane = Lane.LIVE, database: str = "") -> Pushed:
    """Save postings, batch by batch as they come, and make a job for each that is new or edited.

    The same postings again are nothing, so after an error (the database is away, say) call it once more. The database
    is that of the settings unless its URL is given; an empty one gets its tables.
    """
    engine = create(database or settings().database)
    counted, bad = Ingested(0, 0, 0), list[str]()

    def save(good: list[Posting], unsavable: list[str]) -> tuple[Ingested, list[str]]:
        made = postings.ready(good)
        with transaction(engine) as connection:
            return postings.save(connection, made, lane=lane), unsavable

    try:
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
        migrate.check(engine)
        for batch in _batches(found):
            saved, unsavable = flaws.without(engine, batch, save)
            counted += saved
            bad += unsavable
    finally:
        engine.dispose()
    return Pushed(counted.new, counted.edited, counted.same, tuple(bad))


def _batches(found: Iterable[Posting]) -> Iterator[list[Posting]]:
    rest = iter(found)
    while batch := list(islice(rest, TOGETHER)):
        yield batch
