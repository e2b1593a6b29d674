"""What is read of postings beside their tags, by the same rules: only of who holds the job, only of this revision."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from metier.gleanings import Gleaned
from metier.types import Claimed
from storage import fields, signatures
from storage.dialect import as_rows, statement, words


def replace(connection: Connection, counted: Sequence[Claimed], gleaned: Mapping[int, Gleaned]) -> list[int]:
    """Write by posting what was read, for jobs that were just completed; return who now waits to be compared."""
    jobs = [job for job in counted if job.subject in gleaned]
    jobs = [job for job in jobs if _again(job) or gleaned[job.subject] != _NOTHING]
    if not jobs:
        return []
    standing = _standing(connection, jobs)
    jobs = [job for job in jobs if job.subject in standing]
    fields.replace(connection, [(job.subject, job.revision, gleaned[job.subject].fields) for job in jobs])
    signed = [(job, gleaned[job.subject].signature) for job in jobs]
    return signatures.replace(connection, {job.subject: one for job, one in signed if one or _again(job)})


def _again(job: Claimed) -> bool:
    """Tell whether a posting may have rows from before, which are to be replaced or taken away."""
    return job.revision > 1 or bool(job.purpose)


_NOTHING = Gleaned()


def _standing(connection: Connection, jobs: Sequence[Claimed]) -> frozenset[int]:
    """Return which postings still are at the revision of their job."""
    found = connection.execute(
        statement(
            f"SELECT p.id FROM {words(connection).rows(id='bigint', revision='int')} "
            "JOIN posting p ON p.id = r.id AND p.revision = r.revision"
        ),
        {"rows": as_rows([{"id": job.subject, "revision": job.revision} for job in jobs])},
    )
    return frozenset(found.scalars())
