"""A worker that lost its job changes nothing of it any more, whatever it tries; what is given back is whole."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from metier.types import Claimed, Tag
from storage import claims, hints, jobs, leases
from storage.engine import Connection, Engine, transaction
from storage.leases import Failure
from storage.tags import Tagged
from tests.factories import a_title
from tests.integration.rows import ingest

Late = Callable[[Connection, list[Claimed]], object]
LATE: dict[str, Late] = {
    "renews": lambda connection, jobs: leases.renew(connection, jobs, lease=900),
    "fails": lambda connection, jobs: leases.fail(connection, [Failure(job, "x", "x", 0.0) for job in jobs], most=5),
    "gives up": lambda connection, jobs: leases.fail(connection, [Failure(job, "x", "x") for job in jobs], most=5),
    "postpones": lambda connection, jobs: leases.postpone(
        connection, [Failure(job, "x", "x", 0.0) for job in jobs], give_up=60
    ),
    "releases": leases.release,
    "completes": lambda connection, jobs: leases.complete(connection, [_tagged(job) for job in jobs]),
}


def _tagged(job: Claimed) -> Tagged:
    return Tagged(job, [Tag("seniority", "lead", 0.9, sure=True)], {"seniority": "s@1"})


def _claim(engine: Engine, *ids: int, lease: float = 60) -> list[Claimed]:
    with transaction(engine) as connection:
        return claims.claim(connection, ids, owner="me", lease=lease)


def _rows(engine: Engine) -> list[Any]:  # Any: rows of mixed columns
    with transaction(engine) as connection:
        return list(connection.execute(text("SELECT * FROM job ORDER BY id")).all())


@pytest.mark.parametrize("tries", LATE)
def test_an_outdated_fence_changes_nothing(engine: Engine, tries: str) -> None:
    (id_,) = ingest(engine, a_title())
    frozen = _claim(engine, id_, lease=-1)
    (present,) = _claim(engine, id_)
    before = _rows(engine)
    with transaction(engine) as connection:
        assert not LATE[tries](connection, frozen)
    assert _rows(engine) == before
    assert present.fence == frozen[0].fence + 1


@pytest.mark.parametrize("tries", LATE)
def test_a_fence_counts_for_its_own_job_alone(engine: Engine, tries: str) -> None:
    lost, kept = ingest(engine, a_title(), a_title())
    frozen = _claim(engine, lost, lease=-1)
    _claim(engine, lost)
    _claim(engine, kept, lease=-1)
    mixed = [*frozen, *_claim(engine, kept)]  # fences 1 and 2
    before = _rows(engine)
    with transaction(engine) as connection:
        LATE[tries](connection, mixed)
    after = _rows(engine)
    assert after[0] == before[0]
    assert after[1] != before[1]


@pytest.mark.parametrize("tries", LATE)
def test_what_was_swept_is_nobodys(engine: Engine, tries: str) -> None:
    (id_,) = ingest(engine, a_title())
    late = _claim(engine, id_, lease=-1)
    with transaction(engine) as connection:
        assert hints.sweep(connection, attempts=5) == (1, 0)
    before = _rows(engine)
    with transaction(engine) as connection:
        assert not LATE[tries](connection, late)
    assert _rows(engine) == before


def _spend(engine: Engine, *ids: int, attempts: int) -> None:
    with transaction(engine) as connection:
        for id_ in ids:
            connection.execute(text("UPDATE job SET attempts = :n WHERE id = :id"), {"n": attempts, "id": id_})


def _row(engine: Engine, id_: int) -> Any:  # Any: a row of mixed columns
    return next(row for row in _rows(engine) if row.id == id_)


@pytest.mark.parametrize("attempts", [0, 1, 2, 3])
def test_a_job_is_claimed_with_others_before_its_second_attempt_and_alone_after(engine: Engine, attempts: int) -> None:
    one, other = ingest(engine, a_title(), a_title())
    _spend(engine, one, attempts=attempts)
    together = [job.id for job in _claim(engine, one, other)]
    with transaction(engine) as connection:
        alone = [job.id for job in claims.claim_suspect(connection, one, owner="me", lease=60)]
    assert (together, alone) == (([one, other], []) if attempts < claims.SUSPECT else ([other], [one]))


def test_what_is_not_due_or_is_anothers_is_not_claimed(engine: Engine) -> None:
    later, held, suspect_later, suspect_held = ids = ingest(engine, *(a_title() for _ in range(4)))
    _claim(engine, held)
    _spend(engine, suspect_later, suspect_held, attempts=2)
    with transaction(engine) as connection:
        claims.claim_suspect(connection, suspect_held, owner="me", lease=60)
        connection.execute(text("UPDATE job SET run_at = '2100-01-01' WHERE run_at IS NOT NULL"))
    before = _rows(engine)
    assert _claim(engine, *ids) == []
    with transaction(engine) as connection:
        assert claims.suspects(connection, ids) == []
        assert [claims.claim_suspect(connection, id_, owner="me", lease=60) for id_ in ids] == [[]] * 4
        assert hints.waiting(connection, "tag", lane=0, most=10, hint_age=60) == []
    assert _rows(engine) == before
    assert later < suspect_later


@pytest.mark.parametrize(("spent", "state"), [(1, "ready"), (2, "dead")])
def test_a_failure_is_final_when_the_last_attempt_is_spent(engine: Engine, spent: int, state: str) -> None:
    (id_,) = ingest(engine, a_title())
    _spend(engine, id_, attempts=spent - 1)
    with transaction(engine) as connection:
        leases.fail(connection, [Failure(_claim_in(connection, id_), "x", "why", 0.0)], most=2)
    row = _row(engine, id_)
    assert (row.state, row.attempts, row.cause, row.error) == (state, spent, "x", "why")
    assert (row.dead_at is not None) == (state == "dead")


@pytest.mark.parametrize(("spent", "state"), [(1, "ready"), (2, "dead")])
def test_an_expired_lease_is_final_when_the_last_attempt_is_spent(engine: Engine, spent: int, state: str) -> None:
    (id_,) = ingest(engine, a_title())
    _spend(engine, id_, attempts=spent - 1)
    with transaction(engine) as connection:
        _claim_in(connection, id_, lease=-1)
        hints.sweep(connection, attempts=2)
    assert (_row(engine, id_).state, _row(engine, id_).attempts) == (state, spent)


def test_what_is_refused_is_dead_at_its_first_attempt(engine: Engine) -> None:
    (id_,) = ingest(engine, a_title())
    with transaction(engine) as connection:
        leases.fail(connection, [Failure(_claim_in(connection, id_), "rejected", "empty")], most=5)
    assert (_row(engine, id_).state, _row(engine, id_).attempts) == ("dead", 1)


def test_outside_reasons_cost_no_attempt_until_they_have_lasted_too_long(engine: Engine) -> None:
    (id_,) = ingest(engine, a_title())
    began = None
    for _ in range(3):
        with transaction(engine) as connection:
            leases.postpone(connection, [Failure(_claim_in(connection, id_), "away", "x", 0.0)], give_up=60)
        row = _row(engine, id_)
        began = began or row.transient_since
        assert (row.state, row.attempts, row.transient_since) == ("ready", 0, began)
    with transaction(engine) as connection:
        leases.postpone(connection, [Failure(_claim_in(connection, id_), "away", "x", 0.0)], give_up=-1)
    assert _row(engine, id_).state == "dead"


def test_a_job_that_comes_back_is_hinted_at_once(engine: Engine) -> None:
    ids = ingest(engine, *(a_title() for _ in range(5)))

    def due() -> set[int]:
        with transaction(engine) as connection:
            found = {job.id for job in hints.waiting(connection, "tag", lane=0, most=10, hint_age=60)}
            hints.note(connection, sorted(found), hint_age=60)
        return found

    assert due() == set(ids)
    assert due() == set()
    with transaction(engine) as connection:
        held = {job.id: job for job in claims.claim(connection, ids[:4], owner="me", lease=60)}
        leases.fail(connection, [Failure(held[ids[0]], "x", "x", 0.0)], most=5)
        leases.postpone(connection, [Failure(held[ids[1]], "x", "x", 0.0)], give_up=60)
        leases.release(connection, [held[ids[2]]])
        connection.execute(text("UPDATE job SET lease_until = '2020-01-01' WHERE lease_until IS NOT NULL"))
        hints.sweep(connection, attempts=5)
        hints.unnote(connection, [ids[4]])
    assert due() == set(ids)


def test_a_cancelled_or_replayed_job_starts_from_nothing(engine: Engine) -> None:
    called_off, dead = ingest(engine, a_title(), a_title())
    _claim(engine, called_off)
    with transaction(engine) as connection:
        jobs.cancel(connection, [called_off], reason="by hand")
        leases.fail(connection, [Failure(_claim_in(connection, dead), "x", "x")], most=5)
        connection.execute(text("UPDATE job SET attempts = 4, transient_since = '2020-01-01' WHERE state = 'dead'"))
        assert jobs.replay(connection, [called_off, dead]) == 1
    row = _row(engine, called_off)
    assert (row.state, row.lease_until, row.run_at, row.dead_at) == ("cancelled", None, None, None)
    row = _row(engine, dead)
    assert (row.state, row.attempts, row.transient_since, row.cause, row.dead_at) == ("ready", 0, None, None, None)


def test_a_dead_job_of_an_older_revision_is_not_replayed(engine: Engine) -> None:
    (old,) = ingest(engine, a_title("Nurse", key="1"))
    with transaction(engine) as connection:
        leases.fail(connection, [Failure(_claim_in(connection, old), "x", "x")], most=5)
    ingest(engine, a_title("Driver", key="1"))
    with transaction(engine) as connection:
        assert jobs.replay(connection, [old]) == 0


def test_an_edit_calls_off_the_older_jobs_and_not_its_own(engine: Engine) -> None:
    (first,) = ingest(engine, a_title("Nurse", key="1"))
    (held,) = _claim(engine, first)
    (second,) = ingest(engine, a_title("Driver", key="1"))
    edited = _row(engine, second)
    with transaction(engine) as connection:
        assert jobs.cancel_older(connection, [(edited.subject, edited.revision)]) == 0
        assert leases.complete(connection, [_tagged(held)]) == []
    assert [(_row(engine, id_).state) for id_ in (first, second)] == ["cancelled", "ready"]


def _claim_in(connection: Connection, id_: int, *, lease: float = 60) -> Claimed:
    (job,) = claims.claim(connection, [id_], owner="me", lease=lease)
    return job
