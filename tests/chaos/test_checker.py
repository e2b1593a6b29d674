"""The checker sees: whatever is planted in honest tables is found, and honest tables are found honest."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from metier.types import Lane, Posting, Tag
from storage import claims, leases, outbox, postings
from storage.engine import create, transaction
from storage.leases import Failure
from storage.tags import Tagged
from tests.chaos import checker
from tests.chaos.checker import Verdict
from tests.chaos.databases import Sqlite
from tests.chaos.marked import Marked, codes

TRUTH = {"a": ["Nurse a", "Nurse of a"], "b": ["Nurse b"], "c": ["Driver c"], "p": ["REFUSED p"]}
POISONS = {"p": "REFUSED"}
EVENTS = 4


@pytest.fixture
def honest(sqlite_database: str, tmp_path: Path) -> Sqlite:
    """Return a database in which all went well: one edit, one poison, four events."""
    engine = create(sqlite_database)
    for revision in range(2):
        arriving = [Posting("chaos", key, titles[revision]) for key, titles in TRUTH.items() if len(titles) > revision]
        with transaction(engine) as connection:
            postings.ingest(connection, arriving, lane=Lane.LIVE)
            ids = [id_ for (id_,) in connection.exec_driver_sql("SELECT id FROM job")]
            held = claims.claim(connection, ids, owner="one", lease=60)
            good = [job for job in held if "REFUSED" not in job.text.title]
            leases.complete(connection, [Tagged(job, _tags(job.text.title), Marked.artifacts) for job in good])
            bad = [Failure(job, "rejected", "planted") for job in held if job not in good]
            leases.fail(connection, bad, most=5)
    with transaction(engine) as connection:
        outbox.number(connection)
    engine.dispose()
    return Sqlite(tmp_path, small=False)


def _tags(title: str) -> list[Tag]:
    return [Tag(taxonomy, code, 0.9, sure=True) for taxonomy, code in codes(title).items()]


def verdict(database: Sqlite, read: Sequence[int] = tuple(range(1, EVENTS + 1))) -> Verdict:
    return checker.check(database, TRUTH, POISONS, list(read))


def test_an_honest_run_is_found_honest(honest: Sqlite) -> None:
    assert verdict(honest) == Verdict(poisons=1, jobs=5)


@pytest.mark.parametrize(
    ("found", "tampering"),
    [
        ("lost", "DELETE FROM tag WHERE posting_id = 2"),
        ("lost", "UPDATE job SET state = 'cancelled' WHERE subject = 2"),
        ("lost", "DELETE FROM outbox WHERE posting_id = 3"),
        ("lost", "UPDATE tag SET revision = 1 WHERE posting_id = 1"),
        ("doubled", "INSERT INTO outbox (posting_id, revision, kind, at) SELECT posting_id, revision, kind, at "
                    "FROM outbox WHERE posting_id = 2"),
        ("dead", "UPDATE job SET state = 'dead', cause = 'ValueError' WHERE subject = 3"),
        ("dead", "UPDATE job SET state = 'cancelled' WHERE cause = 'rejected'"),
        ("dead", "UPDATE job SET cause = 'lease expired' WHERE cause = 'rejected'"),
        ("wrong", "UPDATE tag SET code = 'other' WHERE posting_id = 2"),
        ("wrong", "UPDATE job SET state = 'ready' WHERE subject = 2"),
        ("wrong", "UPDATE job SET state = 'leased' WHERE subject = 2"),
        ("wrong", "UPDATE posting SET revision = 3 WHERE id = 1"),
        ("wrong", "UPDATE tag_history SET revision = 2 WHERE posting_id = 1"),
        ("wrong", "DELETE FROM tag_history"),
        ("wrong", "UPDATE outbox SET seq = 9 WHERE seq = 4"),
        ("wrong", "UPDATE outbox SET seq = NULL WHERE seq = 4"),
    ],
)  # fmt: skip
def test_what_is_planted_is_found(honest: Sqlite, found: str, tampering: str) -> None:
    honest.execute(tampering)
    assert getattr(verdict(honest), found) != []


def test_an_event_that_readers_missed_or_saw_twice_is_found(honest: Sqlite) -> None:
    assert verdict(honest, [1, 2, 4]).wrong != []
    assert verdict(honest, [1, 2, 3, 3, 4]).wrong != []


def test_a_table_of_results_with_a_gap_and_a_repetition_is_found() -> None:
    rows = [("a", 1), ("b", 1), ("b", 1), ("c", 1)]
    assert checker.lost(TRUTH, rows, POISONS) == ["a"]
    assert checker.doubled(rows) == ["b@1"]
