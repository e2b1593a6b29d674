"""What a source no longer advertises is marked, on both databases, and nothing else is touched."""

from sqlalchemy import text

from scheduler.poll import poll
from scheduler.sources import Page
from scheduler.work import Counts
from storage import postings, vanished
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting
from tests.fakes.sources import Paged


def gone(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        rows = connection.execute(
            text("SELECT source || ':' || source_key FROM posting WHERE gone_at IS NOT NULL ORDER BY 1")
        )
        return [ref for (ref,) in rows]


def test_marking_and_listing_concern_one_source_and_can_be_taken_back(engine: Engine) -> None:
    with transaction(engine) as connection:
        postings.ingest(connection, [a_posting(source=source, key=key) for source in "ab" for key in ("1", "2", "3")])
        assert vanished.mark(connection, "a", ["2", "9"]) == 1
    assert gone(engine) == ["a:2"]
    with transaction(engine) as connection:
        assert vanished.keep_only(connection, "a", {"2", "3"}) == 2
    assert gone(engine) == ["a:1"]
    with transaction(engine) as connection:
        assert vanished.keep_only(connection, "b", []) == 3
    assert gone(engine) == ["a:1", "b:1", "b:2", "b:3"]


def test_a_page_marks_what_is_gone_in_its_own_transaction_and_a_posting_that_is_back_is_there(engine: Engine) -> None:
    one, two, three = (a_posting(source="paged", key=key) for key in "123")
    source = Paged(
        Page([one, two, three], {"at": 1}, gone=["2"]),
        Page([], {"at": 2}, listing=["1", "2"]),
        Page([three], {"at": 3}),
    )
    seen = []
    for _ in range(3):
        poll(engine, source, hold=lambda connection: None, enough=source.turned, counts=Counts())
        seen.append(gone(engine))
    assert seen == [["paged:2"], ["paged:3"], []]
