"""Jobs brought into a database and to their end, without a queue."""

from collections.abc import Mapping, Sequence

from sqlalchemy import text

from metier.types import JobState, Lane, Posting, Tag, Text
from storage import claims, gleanings, job_lists, leases, postings
from storage.engine import Engine, transaction
from storage.job_lists import Filter
from storage.leases import Failure
from storage.tags import Tagged
from worker import batch, beside
from worker.batch import Held, Terms


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
        leases.complete(connection, found)


def kill(connected: Engine, cause: str, *ids: int) -> None:
    """Set these jobs aside as dead."""
    with transaction(connected) as connection:
        claimed = claims.claim(connection, ids, owner="me", lease=60)
        leases.fail(connection, [Failure(job, cause, f"{job.ref} is odd") for job in claimed], most=5)


class Plain:
    """Gives every text the same tag."""

    artifacts: Mapping[str, str] = {"seniority": "s@1"}

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Tag texts."""
        return [[Tag("seniority", "senior", 0.9, sure=True)] for _ in texts]

    def counters(self) -> Mapping[str, float]:
        """Return nothing."""
        return {}


def work(connected: Engine, *ids: int) -> int:
    """Do these jobs, or all that are ready, as a worker does; return how many were done."""
    with transaction(connected) as connection:
        ready = [job.id for job in job_lists.find(connection, Filter(states=[JobState.READY]), most=10_000)]
    return batch.run(connected, ids or ready, Plain(), Terms("me"), Held())


def die_before_comparing(connected: Engine, *ids: int) -> None:
    """Do these jobs up to their commit, as a worker that is killed right after it."""
    with transaction(connected) as connection:
        claimed = claims.claim(connection, ids, owner="me", lease=60)
    outcomes = Plain().tag([job.text for job in claimed])
    gleaned = beside.glean(claimed, outcomes)
    with transaction(connected) as connection:
        done = leases.complete(connection, [Tagged(job, [], Plain.artifacts) for job in claimed])
        gleanings.replace(connection, done, gleaned)


def age_signatures(connected: Engine) -> None:
    """Let all signatures be from long ago, so that the sweep believes their workers dead."""
    with transaction(connected) as connection:
        connection.execute(text("UPDATE signature SET made_at = '2020-01-01 00:00:00.000000'"))
