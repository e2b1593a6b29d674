"""The way of one message: claim, tag with no transaction open, complete. Doing it again leaves the same rows."""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import structlog

from metier.answer import Answer
from metier.errors import DatabaseAway, Rejected, Transient
from metier.gleanings import Gleaned
from metier.types import Claimed, Tag, Text
from storage import claims, gleanings, leases, shadows, taking
from storage.engine import Engine, reading, single, transaction
from storage.leases import Failure
from storage.tags import Tagged
from worker import beside

if TYPE_CHECKING:
    from worker.shadow import Shadows

_log = structlog.get_logger()


class Serving(Protocol):
    """What tags: one outcome a text, in order; an error of one text is its outcome."""

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Which artifact answers for each taxonomy."""
        ...

    def tag(self, texts: Sequence[Text]) -> Sequence[Sequence[Tag] | Exception]:
        """Tag these texts; a Transient error of the whole is raised."""
        ...

    def counters(self) -> Mapping[str, float]:
        """Return what was counted so far: texts, encoded, cache_hits, reused, seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Terms:
    """On what terms jobs are held; times in seconds."""

    owner: str
    lease: float = 120.0
    attempts: int = 5
    give_up: float = 7 * 86400.0
    patience: float = 200.0
    """How long to go on trying to write results when the database is away."""


@dataclass(slots=True)
class Held:
    """The jobs that this process holds now, for the thread that renews their leases."""

    jobs: Collection[Claimed] = field(default_factory=tuple)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def these(self, jobs: Sequence[Claimed]) -> Iterator[None]:
        """Hold these jobs while the block runs."""
        with self.lock:
            self.jobs = tuple(jobs)
        try:
            yield
        finally:
            with self.lock:
                self.jobs = ()


def run(
    engine: Engine, ids: Sequence[int], serving: Serving, terms: Terms, held: Held, *,
    candidates: "Shadows | None" = None,
) -> int:  # fmt: skip
    """Tag the postings of these jobs, suspects one at a time; return how many got their tags."""
    claimed = taking.take(engine, ids, owner=terms.owner, lease=terms.lease)
    done = _finish(engine, claimed, serving, terms, held, candidates=candidates)
    if len(claimed) < len(ids):
        with reading(engine) as connection:
            suspects = claims.suspects(connection, ids)
        for id_ in suspects:
            with single(engine) as connection:
                alone = claims.claim_suspect(connection, id_, owner=terms.owner, lease=terms.lease)
            done += _finish(engine, alone, serving, terms, held)
    return done


def _finish(
    engine: Engine,
    claimed: Sequence[Claimed],
    serving: Serving,
    terms: Terms,
    held: Held,
    *,
    candidates: "Shadows | None" = None,
) -> int:
    if not claimed:
        return 0
    with held.these(claimed):
        try:
            outcomes = _outcomes(claimed, serving)
            gleaned = beside.glean(claimed, outcomes)
            said = candidates.tag(claimed, outcomes) if candidates else []
            return _patiently(
                lambda: _write(engine, claimed, outcomes, gleaned, artifacts=serving.artifacts, terms=terms, said=said),
                terms.patience,
            )
        except BaseException:  # told to end: what is not written yet goes back as it was, else its lease ends
            taking.give_back(engine, claimed)
            raise


def _outcomes(claimed: Sequence[Claimed], serving: Serving) -> Sequence[Sequence[Tag] | Exception]:
    try:
        return serving.tag([job.text for job in claimed])
    except Exception as error:  # noqa: BLE001  whatever it is, it is the outcome of all of them: a time limit, say
        return [error] * len(claimed)


def _write(
    engine: Engine,
    claimed: Sequence[Claimed],
    outcomes: Sequence[Sequence[Tag] | Exception],
    gleaned: Mapping[int, Gleaned],
    *,
    artifacts: Mapping[str, str],
    terms: Terms,
    said: Sequence[shadows.Said] = (),
) -> int:
    pairs = list(zip(claimed, outcomes, strict=True))
    results = [Tagged(job, kept(outcome), artifacts) for job, outcome in pairs if not isinstance(outcome, Exception)]
    later = [
        Failure(job, type(outcome).__name__, str(outcome), _wait(job, outcome))
        for job, outcome in pairs
        if isinstance(outcome, Transient)
    ]
    failed = [
        Failure(job, *_blame(outcome), None if isinstance(outcome, Rejected) else backoff(job.attempts))
        for job, outcome in pairs
        if isinstance(outcome, Exception) and not isinstance(outcome, Transient)
    ]
    with transaction(engine) as connection:
        counted = leases.complete(connection, results)
        comparable = gleanings.replace(connection, counted, gleaned)
        leases.postpone(connection, later, give_up=terms.give_up)
        leases.fail(connection, failed, most=terms.attempts)
        shadows.write(connection, said, counted)
    beside.match(engine, comparable)
    for failure in failed:
        _log.warning("not tagged", posting=failure.job.ref, cause=failure.cause, error=failure.error)
    return len(counted)


def kept(tags: Sequence[Tag]) -> Sequence[Tag]:
    """Return what is worth a row: the sure tags, and of a taxonomy without one the candidates for a person to judge."""
    if isinstance(tags, Answer) or all(tag.sure for tag in tags):  # an answer was made of what is
        return tags
    settled = {tag.taxonomy for tag in tags if tag.sure}
    return [tag for tag in tags if tag.sure or tag.taxonomy not in settled]


def _blame(outcome: Exception) -> tuple[str, str]:
    if isinstance(outcome, Rejected):
        return "rejected", str(outcome)
    return type(outcome).__name__, f"the tagger failed: {type(outcome).__name__}"  # its words may quote the text


def _wait(job: Claimed, error: Transient) -> float:
    return error.after.total_seconds() if error.after else backoff(job.attempts)


def backoff(attempts: int) -> float:
    """Return seconds to wait after so many attempts: doubling from 2 to 300, jittered."""
    return min(300.0, 2.0**attempts) * random.uniform(0.5, 1.5)


def _patiently(work: Callable[[], int], patience: float) -> int:
    """Write results that cost work to make, also when the database is away for a while."""
    until = time.monotonic() + patience
    pause = 0.2
    while True:
        try:
            return work()
        except DatabaseAway:
            if time.monotonic() + pause > until:
                raise
            time.sleep(pause * random.uniform(0.7, 1.3))
            pause = min(pause * 2, 5.0)
