"""Jobs brought into a database and to their end, without a worker."""

from metier.types import Lane, Posting, Tag
from storage import claims, job_lists, postings
from storage.claims import Failure
from storage.engine import Engine, transaction
from storage.job_lists import Filter
from storage.tags import Tagged


def ingest(connected: Engine, *given: Posting, lane: Lane = Lane.LIVE) -> list[int]:
    """Save postings and return the ids of their jobs."""
    with transaction(connected) as connection:
        before = {job.id for job in job_lists.find(connection, Filter(), most=1000)}
        postings.ingest(connection, given, lane=lane)
        return sorted({job.id for job in job_lists.find(connection, Filter(), most=1000)} - before)


def tag(connected: Engine, *ids: int) -> None:
    """Give the postings of these jobs a tag."""
    with transaction(connected) as connection:
        claimed = claims.claim(connection, ids, owner="me", lease=60)
        found = [Tagged(job, [Tag("seniority", "senior", 0.9, True)], {"seniority": "s@1"}) for job in claimed]
        claims.complete(connection, found)


def kill(connected: Engine, cause: str, *ids: int) -> None:
    """Set these jobs aside as dead."""
    with transaction(connected) as connection:
        claimed = claims.claim(connection, ids, owner="me", lease=60)
        claims.fail(connection, [Failure(job, cause, f"{job.ref} is odd") for job in claimed], most=5)
