"""A worker that lost its job changes nothing of it any more, whatever it tries; what is given back is whole."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from metier.types import Claimed, Tag
from storage import claims, hints
from storage.claims import Failure
from storage.engine import Connection, Engine, transaction
from storage.tags import Tagged
from tests.factories import a_title
from tests.integration.rows import ingest

Late = Callable[[Connection, list[Claimed]], object]
LATE: dict[str, Late] = {
    "renews": lambda connection, jobs: claims.renew(connection, jobs, lease=900),
    "fails": lambda connection, jobs: claims.fail(connection, [Failure(job, "x", "x", 0.0) for job in jobs], most=5),
    "gives up": lambda connection, jobs: claims.fail(connection, [Failure(job, "x", "x") for job in jobs], most=5),
    "postpones": lambda connection, jobs: claims.postpone(
        connection, [Failure(job, "x", "x", 0.0) for job in jobs], give_up=60
    ),
    "releases": claims.release,
    "completes": lambda connection, jobs: claims.complete(connection, [_tagged(job) for job in jobs]),
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
