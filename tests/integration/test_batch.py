"""What one message brings about: suspects apart, leases of what is at work, nothing of what no longer counts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from metier.types import Tag, Text
from storage import claims, jobs, leases, tags
from storage.engine import Engine, transaction
from storage.tags import Tagged
from tests.factories import a_posting, a_title
from tests.integration.rows import Plain, ingest, work
from worker import batch
from worker.batch import Held, Terms


class Watching(Plain):
    """Notes how many texts come together, and what is held meanwhile."""

    def __init__(self, held: Held) -> None:
        self.held = held
        self.sizes: list[int] = []
        self.renewable: list[int] = []

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Tag texts."""
        self.sizes.append(len(texts))
        self.renewable.append(len(self.held.jobs))
        return super().tag(texts)


class Silent(Plain):
    """Has no answer in its taxonomy."""

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Give no text a tag."""
        return [[] for _ in texts]


def states(engine: Engine) -> Mapping[int, str]:
    with transaction(engine) as connection:
        return {row.id: row.state for row in connection.execute(text("SELECT id, state FROM job"))}


def test_suspects_among_others_are_done_one_by_one_and_all_are_held_while_they_are(engine: Engine) -> None:
    ids = ingest(engine, *(a_title() for _ in range(4)))
    with transaction(engine) as connection:
        connection.execute(text("UPDATE job SET attempts = 2 WHERE id > :id"), {"id": ids[1]})
    held = Held()
    serving = Watching(held)
    assert batch.run(engine, ids, serving, Terms("me"), held) == 4
    assert serving.sizes == [2, 1, 1]
    assert serving.renewable == [2, 1, 1]
    assert not held.jobs
    assert set(states(engine).values()) == {"done"}


@pytest.mark.parametrize(("attempts", "least", "most"), [(1, 1, 3), (4, 8, 24), (9, 150, 450), (1000, 150, 450)])
def test_attempts_wait_longer_each_time_and_never_for_hours(attempts: int, least: float, most: float) -> None:
    assert all(least <= batch.backoff(attempts) <= most for _ in range(100))


def test_a_tagger_without_an_answer_retires_the_one_that_stood(engine: Engine) -> None:
    ingest(engine, a_posting())
    work(engine)
    with transaction(engine) as connection:
        (id_, revision) = connection.execute(text("SELECT id, revision FROM posting")).one()
        jobs.enqueue(connection, [(id_, revision, False)], lane=jobs.Lane.LIVE, purpose="again")
        again = list(connection.execute(text("SELECT id FROM job WHERE purpose = 'again'")).scalars())
    assert batch.run(engine, again, Silent(), Terms("me"), Held()) == 1
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() == 0
        assert connection.execute(text("SELECT code FROM tag_history")).scalar_one() == "senior"


@pytest.mark.parametrize("present", [1, 3])
def test_tags_of_another_revision_are_not_written(engine: Engine, present: int) -> None:
    ids = ingest(engine, a_posting(body="Remote work, EUR 50,000 a year. " * 9))
    with transaction(engine) as connection:
        (job,) = claims.claim(connection, ids, owner="me", lease=60)
        connection.execute(text("UPDATE posting SET revision = :present"), {"present": present})
        connection.execute(text("UPDATE job SET revision = 2"))
    tagged = Tagged(replace(job, revision=2), [Tag("seniority", "lead", 0.9, sure=True)], {"seniority": "s@1"})
    with transaction(engine) as connection:
        assert tags.write(connection, [tagged]) == []
        for table in ("tag", "outbox"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0  # noqa: S608  from above


def test_jobs_that_are_dead_are_kept_until_somebody_looks(engine: Engine) -> None:
    ids = ingest(engine, a_title(), a_title())
    with transaction(engine) as connection:
        held = claims.claim(connection, ids, owner="me", lease=60)
        leases.fail(connection, [leases.Failure(held[0], "x", "x")], most=5)
        leases.complete(connection, [Tagged(held[1], [], {"seniority": "s@1"})])
        assert jobs.forget_done(connection, keep=-60) == 1
    assert states(engine) == {ids[0]: "dead"}
