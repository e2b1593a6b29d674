"""What a job costs does not grow with the batch or the table: told by plans and pages, not by time.

The planner is caught at its worst: it was told of the tables when none was ready, or has never been told anything.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from metier.types import Claimed, Tag
from storage import claims, hints, leases, postings
from storage.engine import Connection, create, transaction
from storage.tags import Tagged
from tests.factories import a_title

SMALL, LARGE = 64, 1024
DONE = 30_000
ROOM = 1.5
TAGS = [Tag("career", "other", 0.9, sure=True), Tag("seniority", "senior", 0.8, sure=True, evidence={"words": ["sr"]})]
ARTIFACTS = {"career": "career@1", "seniority": "seniority@1"}

Plan = dict[str, Any]  # JSON of Postgres


@pytest.fixture
def engine(postgres_database: str) -> Iterator[Engine]:
    opened = create(postgres_database)
    with transaction(opened) as connection:
        connection.execute(
            text(
                "INSERT INTO posting (source, source_key, kind, revision, content_sha, company, location, country, "
                "language, first_seen, seen_at, changed_at) SELECT 'old', g, 'title', 1, g, '', '', '', '', now(), "
                "now(), now() FROM generate_series(1, :done) g"
            ),
            {"done": DONE},
        )
        connection.execute(
            text(
                "INSERT INTO job (task, subject, revision, purpose, lane, heavy, state, attempts, fence, created_at, "
                "ended_at) SELECT 'tag', id, 1, '', 0, false, 'done', 1, 1, now(), now() FROM posting"
            )
        )
        connection.execute(
            text(
                "INSERT INTO tag (posting_id, taxonomy, code, revision, score, sure, origin, artifact, tagged_at) "
                "SELECT id, 'career', 'other', 1, 0.9, true, 'model', 'career@1', now() FROM posting"
            )
        )
    yield opened
    opened.dispose()


def told_when_nothing_was_ready(engine: Engine) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def told_nothing(engine: Engine) -> None:
    """Leave the tables without statistics, as after a restore."""


KNOWN = pytest.mark.parametrize("tell", [told_when_nothing_was_ready, told_nothing])


@KNOWN
def test_claiming_and_completing_read_as_many_pages_a_job_in_small_and_large_batches(
    engine: Engine, tell: Callable[[Engine], None]
) -> None:
    tell(engine)
    costs = {}
    for batch in (SMALL, LARGE):
        ids = ready(engine, batch)
        with explained(engine) as plans:
            complete(engine, claim(engine, ids))
        costs[batch] = sum(pages(plan) for plan in plans) / batch
    assert costs[LARGE] <= ROOM * costs[SMALL]


@KNOWN
def test_no_statement_of_claiming_and_completing_reads_a_whole_table(
    engine: Engine, tell: Callable[[Engine], None]
) -> None:
    tell(engine)
    ids = ready(engine, 256)
    with explained(engine) as plans:
        complete(engine, claim(engine, ids))
    assert len(plans) >= 5, "claim, texts, complete, standing, tags, events"
    assert {node["Relation Name"] for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"} == set()
    assert all(node.get("Rows Removed by Filter", 0) < len(ids) for plan in plans for node in nodes(plan))


@KNOWN
def test_noting_hints_finds_each_job_by_its_id(engine: Engine, tell: Callable[[Engine], None]) -> None:
    tell(engine)
    ids = ready(engine, LARGE)
    with explained(engine) as plans, transaction(engine) as connection:
        assert hints.note(connection, ids, hint_age=60) == set(ids)
    assert "Seq Scan" not in {node["Node Type"] for plan in plans for node in nodes(plan)}


def test_these_rules_can_say_no(engine: Engine) -> None:
    told_when_nothing_was_ready(engine)
    with explained(engine) as plans, transaction(engine) as connection:
        connection.execute(text("SELECT count(*) FROM job WHERE state = 'leased'"))
    found = [node for plan in plans for node in nodes(plan) if node["Node Type"] == "Seq Scan"]
    assert found
    assert pages(plans[0]) > 200


def ready(engine: Engine, count: int) -> list[int]:
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title() for _ in range(count)])
        return list(connection.execute(text("SELECT id FROM job WHERE state = 'ready' ORDER BY id")).scalars())


def claim(engine: Engine, ids: list[int]) -> list[Claimed]:
    with transaction(engine) as connection:
        claimed = claims.claim(connection, ids, owner="w", lease=60)
    assert len(claimed) == len(ids)
    return claimed


def complete(engine: Engine, claimed: list[Claimed]) -> None:
    with transaction(engine) as connection:
        assert len(leases.complete(connection, [Tagged(job, TAGS, ARTIFACTS) for job in claimed])) == len(claimed)


@contextmanager
def explained(engine: Engine) -> Iterator[list[Plan]]:
    """Collect the plan, with what it really did, of every statement that runs meanwhile; each has its effect once."""
    plans: list[Plan] = []

    def before(connection: Connection, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        # Any: the driver's own form of parameters; its own cursor, so that this is no statement to explain
        if "SAVEPOINT" in statement:  # has no plan
            return
        with closing(connection.connection.cursor()) as inner:
            inner.execute("SAVEPOINT explained")
            inner.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters)
            row = inner.fetchone()
            assert row is not None
            plans.append(row[0][0]["Plan"])
            inner.execute("ROLLBACK TO SAVEPOINT explained")

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", before)


def pages(plan: Plan) -> int:
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def nodes(plan: Plan) -> Iterator[Plan]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes(inner)
