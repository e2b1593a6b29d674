"""What a worker does with postings beside tagging them: read their fields, and find their near-duplicates.

Comparing comes after the commit of what is compared, so that of two workers at least one sees both. It never fails a
job: what is not compared now, the sweep compares.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog

from metier.errors import MetierError
from metier.gleanings import Gleaned
from metier.types import Claimed, Tag
from pipelines import gleaning, signature
from storage import clusters
from storage.clusters import Kept
from storage.engine import Engine, reading, transaction

_log = structlog.get_logger()
_AT_ONCE = 64  # postings
_LEFT = 30.0  # seconds after which a posting that nobody compared is found by the sweep
_SWEPT, _ROUNDS = 640, 50


def glean(claimed: Sequence[Claimed], outcomes: Sequence[Sequence[Tag] | Exception]) -> dict[int, Gleaned]:
    """Return by posting what was read of those that were tagged; positions of a CV are left out."""
    jobs = [
        (job.subject, job.text, job.stated)
        for job, outcome in zip(claimed, outcomes, strict=True)
        if job.stated is not None and not isinstance(outcome, Exception)
    ]
    if not jobs:
        return {}
    postings, texts, stated = zip(*jobs, strict=True)
    return dict(zip(postings, gleaning.glean(texts, stated), strict=True))


def match(engine: Engine, postings: Sequence[int]) -> None:
    """Compare these postings with all that are like them and unite those that are about one job."""
    if postings:
        with _harmless():
            left = list(postings)
            for _ in range(_ROUNDS):
                if not left:
                    break
                left = _match(engine, left[:_AT_ONCE]) + left[_AT_ONCE:]


def sweep(engine: Engine) -> None:
    """Compare what waited too long: its worker died, or others left its cluster."""
    with _harmless():
        with reading(engine) as connection:
            waiting = clusters.waiting(connection, age=_LEFT, most=_SWEPT)
        match(engine, waiting)


@contextmanager
def _harmless() -> Iterator[None]:
    """Let no fault here reach the jobs, whose tags are committed; the sweep tries again."""
    try:
        yield
    except MetierError as error:
        _log.warning("near-duplicates wait", reason=str(error))
    except Exception:  # noqa: BLE001  see above
        _log.exception("near-duplicates wait")


def _match(engine: Engine, postings: Sequence[int]) -> list[int]:
    with reading(engine) as connection:
        found = clusters.kept(connection, postings)
        due = {posting: one for posting, one in found.items() if one.due}
        near = clusters.near(connection, due)
        names = clusters.names(connection, {other for some in near.values() for other in some})
        likely = [
            (one, other)
            for posting, one in due.items()
            for other in near.get(posting, ())
            if other in names and signature.alike_in_name(one.signature, *names[other])
        ]
        others = clusters.kept(connection, {other for _, other in likely})
    pairs = [(one, others[other]) for one, other in likely if other in others and _same(one, others[other])]
    if not due:
        return []
    with transaction(engine) as connection:
        return clusters.join(connection, due, pairs)


def _same(one: Kept, other: Kept) -> bool:
    return signature.same(one.signature, other.signature, one_source=one.source == other.source)
