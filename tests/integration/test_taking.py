"""On SQLite the texts of a batch are read after its jobs were leased: whatever happens in between, nothing is lost."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, text

from metier.errors import DatabaseAway
from metier.types import Posting
from storage import artifacts, postings, shadows, taking
from storage.engine import Engine, create, reading, transaction
from tests.factories import a_posting
from tests.integration.retag_world import Levels, rows
from tests.integration.rows import work
from worker import batch
from worker.batch import Held, Terms
from worker.shadow import Shadows

READS = "SELECT p.id, p.source"
WRITTEN = (
    "SELECT 1 FROM tag UNION ALL SELECT 2 FROM tag_history UNION ALL SELECT 3 FROM outbox "
    "UNION ALL SELECT 4 FROM fields UNION ALL SELECT 5 FROM signature UNION ALL SELECT 6 FROM band "
    "UNION ALL SELECT 7 FROM shadow_tag"
)
CHAMPION, CANDIDATE = Levels("1"), Levels("2", ["seniority"], score=0.7)


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    made = create(sqlite_database)
    yield made
    made.dispose()


@pytest.fixture
def other(sqlite_database: str) -> Iterator[Engine]:
    """Return what another process has."""
    made = create(sqlite_database)
    yield made
    made.dispose()


def before_reading(engine: Engine, happens: Callable[[], object]) -> None:
    """Let this happen once, when jobs were leased and their texts are about to be read."""
    left = [happens]

    @event.listens_for(engine, "before_cursor_execute")
    def _happen(_connection: object, _cursor: object, sql: str, *_: Any) -> None:
        if sql.startswith(READS) and left:
            left.pop()()


def ingest(engine: Engine, *given: Posting) -> list[int]:
    with transaction(engine) as connection:
        postings.ingest(connection, given)
    return [id_ for (id_,) in rows(engine, "SELECT id FROM job WHERE state = 'ready' ORDER BY id")]


def jobs(engine: Engine) -> list[tuple[Any, ...]]:
    return rows(engine, "SELECT revision, state, attempts FROM job ORDER BY id")


def test_nothing_is_written_of_a_text_that_was_edited_in_between(engine: Engine, other: Engine) -> None:
    first = a_posting("Nurse", body="We pay 50,000 EUR a year. " * 9)
    ids = ingest(engine, first)
    with transaction(engine) as connection:
        shadows.start(connection, "seniority", "new", share=1.0)
    beside = Shadows(lambda name, digest: CANDIDATE if digest == "new" else Levels("1", [name]))
    with reading(engine) as connection:
        beside.look(shadows.active(connection), artifacts.champions(connection))
    before_reading(engine, lambda: ingest(other, replace(first, title="Head Nurse")))
    assert batch.run(engine, ids, CHAMPION, Terms("one"), Held(), candidates=beside) == 0
    assert rows(engine, WRITTEN) == []
    assert jobs(engine) == [(1, "cancelled", 1), (2, "ready", 0)]
    assert work(engine) == 1
    assert rows(engine, "SELECT DISTINCT revision FROM tag") == [(2,)]


def test_what_was_erased_in_between_is_not_tagged_and_the_others_are(engine: Engine, other: Engine) -> None:
    ids = ingest(engine, a_posting(), a_posting())
    erased = rows(engine, "SELECT MIN(id) FROM posting")[0][0]

    def erase() -> None:
        with transaction(other) as connection:
            postings.erase(connection, [erased])

    before_reading(engine, erase)
    assert batch.run(engine, ids, CHAMPION, Terms("one"), Held()) == 1
    assert [state for _, state, _ in jobs(engine)] == ["cancelled", "done"]
    assert erased not in [posting for (posting,) in rows(engine, "SELECT posting_id FROM tag")]


@pytest.mark.parametrize("ends", [SystemExit, DatabaseAway])
def test_who_is_stopped_in_between_gives_back_what_was_leased(engine: Engine, ends: type[BaseException]) -> None:
    ids = ingest(engine, a_posting(), a_posting())

    def stop() -> None:
        raise ends("told to end")

    before_reading(engine, stop)
    with pytest.raises(ends):
        taking.take(engine, ids, owner="one", lease=60)
    assert jobs(engine) == [(1, "ready", 0)] * 2
    assert len(taking.take(engine, ids, owner="two", lease=60)) == 2


def test_others_may_write_while_texts_are_read(engine: Engine, other: Engine) -> None:
    ids = ingest(engine, a_posting())

    def write() -> None:
        with transaction(other, patience=0.0) as connection:
            connection.execute(text("UPDATE posting SET gone_at = NULL"))

    before_reading(engine, write)
    assert len(taking.take(engine, ids, owner="one", lease=60)) == 1
