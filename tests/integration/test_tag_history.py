"""Tags are the present truth; what they replace stays in the history, and a person's word is never replaced."""

import json

from sqlalchemy import text

from metier.types import Claimed, Posting, Tag
from storage import claims, jobs, leases, postings
from storage.engine import Engine, transaction
from storage.tags import Tagged
from tests.factories import a_posting


def claimed(engine: Engine) -> list[Claimed]:
    with transaction(engine) as connection:
        ids = list(connection.execute(text("SELECT id FROM job")).scalars())
        return claims.claim(connection, ids, owner="test", lease=60)


def save(engine: Engine, posting: Posting) -> None:
    with transaction(engine) as connection:
        postings.ingest(connection, [posting])


def finish(engine: Engine, code: str, *, artifact: str = "first", taxonomy: str = "seniority") -> int:
    tag = Tag(taxonomy, code, 0.8, sure=True, evidence={"words": ["lead"]})
    with transaction(engine) as connection:
        ids = list(connection.execute(text("SELECT id FROM job")).scalars())
        held = claims.claim(connection, ids, owner="test", lease=60)
        return len(leases.complete(connection, [Tagged(job, [tag], {taxonomy: artifact}) for job in held]))


def retag(engine: Engine, purpose: str) -> None:
    with transaction(engine) as connection:
        found = connection.execute(text("SELECT id, revision FROM posting")).all()
        jobs.enqueue(connection, [(id_, revision, False) for id_, revision in found], lane=jobs.Lane.BACKFILL,
                     purpose=purpose)  # fmt: skip


def rows(engine: Engine, sql: str) -> list[tuple[object, ...]]:
    with transaction(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql))]


def test_a_second_tagging_replaces_the_first_and_keeps_it_in_the_history(engine: Engine) -> None:
    save(engine, a_posting())
    finish(engine, "lead")
    retag(engine, "again")
    finish(engine, "senior", artifact="second")
    assert rows(engine, "SELECT code, artifact FROM tag") == [("senior", "second")]
    assert rows(engine, "SELECT code, artifact FROM tag_history") == [("lead", "first")]


def test_a_tagging_in_one_taxonomy_leaves_the_others_alone(engine: Engine) -> None:
    save(engine, a_posting())
    finish(engine, "lead")
    retag(engine, "department only")
    finish(engine, "sales", taxonomy="department")
    assert sorted(rows(engine, "SELECT taxonomy, code FROM tag")) == [("department", "sales"), ("seniority", "lead")]


def test_the_word_of_a_person_stays(engine: Engine) -> None:
    save(engine, a_posting())
    finish(engine, "lead")
    with transaction(engine) as connection:
        connection.execute(text("UPDATE tag SET origin = 'person', code = 'director'"))
    retag(engine, "again")
    assert finish(engine, "senior") == 1
    assert rows(engine, "SELECT code, origin FROM tag") == [("director", "person")]


def test_results_of_an_outdated_revision_are_not_written(engine: Engine) -> None:
    posting = a_posting()
    save(engine, posting)
    old = claimed(engine)
    save(engine, a_posting("Driver", key=posting.key))
    with transaction(engine) as connection:
        assert leases.complete(connection, [Tagged(job, [], {"seniority": "first"}) for job in old]) == []
    finish(engine, "lead")
    assert rows(engine, "SELECT code, revision FROM tag") == [("lead", 2)]


def test_each_tagging_leaves_one_event_with_its_answer(engine: Engine) -> None:
    save(engine, a_posting())
    finish(engine, "lead")
    events = rows(engine, "SELECT kind, revision, payload FROM outbox")
    assert [(kind, revision, json.loads(str(payload))) for kind, revision, payload in events] == [
        ("tagged", 1, {"seniority": [["lead", 0.8, True]]})
    ]
