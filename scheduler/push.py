"""Bringing postings in from a program of one's own, in one call.

from scheduler.push import push

pushed = push(Posting("ats", str(row.id), row.title, body=row.text) for row in rows)
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from metier.errors import MetierError
from metier.settings import settings
from metier.types import Lane, Posting
from scheduler.flaws import flaw, tried
from storage import migrate, postings
from storage.engine import Engine, create, transaction
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


def push(postings: Iterable[Posting], *, lane: Lane = Lane.LIVE, database: str = "") -> Pushed:
    """Save postings, batch by batch as they come, and make a job for each that is new or edited.

    The same postings again are nothing, so after an error (the database is away, say) call it once more. The database
    is that of the settings unless its URL is given; an empty one gets its tables.
    """
    engine = create(database or settings().database)
    counted, bad = Ingested(0, 0, 0), list[str]()
    try:
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
        migrate.check(engine)
        for batch in _batches(postings):
            counted += _saved(engine, batch, lane, bad)
    finally:
        engine.dispose()
    return Pushed(counted.new, counted.edited, counted.same, tuple(bad))


def _batches(found: Iterable[Posting]) -> Iterator[list[Posting]]:
    rest = iter(found)
    while batch := list(islice(rest, TOGETHER)):
        yield batch


def _saved(engine: Engine, batch: list[Posting], lane: Lane, bad: list[str]) -> Ingested:
    """Save a batch; what cannot be stored of it is named and left out."""
    flaws = {posting.ref: reason for posting in batch if (reason := flaw(posting)) is not None}
    while True:
        good = [posting for posting in batch if posting.ref not in flaws]
        try:
            with transaction(engine) as connection:
                found = postings.ingest(connection, good, lane=lane)
        except MetierError:
            raise
        except Exception:  # whatever a database or a library makes of one odd posting
            unsavable = tried(engine, good)
            if not unsavable:
                raise
            flaws |= unsavable
        else:
            bad += [f"{ref[:100]}: {reason}" for ref, reason in flaws.items()]
            return found
