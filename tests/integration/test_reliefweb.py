"""ReliefWeb is read whole and once, whatever moves meanwhile, and never more often than a day allows."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from typing import Any

import pytest
from sqlalchemy import text

from metier.errors import SourceUnavailable
from metier.settings import Settings
from scheduler import sources
from scheduler.ledger import Ledger
from scheduler.poll import Polled, poll
from scheduler.sources.polite import Limits
from scheduler.sources.reliefweb import OVERLAP, ReliefWeb
from scheduler.work import Counts
from storage.engine import Engine, create, reading
from tests.fakes.reliefweb import APPNAME, BEGIN, FakeReliefWeb, a_job

SWIFT = Limits(pace=timedelta(0))


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    made = create(sqlite_database)
    yield made
    made.dispose()


@pytest.fixture
def fake() -> Iterator[FakeReliefWeb]:
    with FakeReliefWeb() as made:
        yield made


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def at(fake: FakeReliefWeb, engine: Engine, *, daily: int = 1000, **options: Any) -> ReliefWeb:  # Any: its own options
    ledger = Ledger(engine.url.render_as_string(hide_password=False), "reliefweb", daily=daily)
    return ReliefWeb(fake.url, APPNAME, ledger=ledger, **{"limits": SWIFT} | options)


def polled(engine: Engine, source: ReliefWeb) -> Polled:
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def rows(engine: Engine, what: str) -> list[Any]:  # Any: whatever is asked for
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {what} FROM posting ORDER BY id"))]  # noqa: S608


def titles(engine: Engine) -> dict[str, str]:
    return dict(rows(engine, "source_key, title"))


def shown(fake: FakeReliefWeb) -> dict[str, str]:
    return {str(number): job["title"] for number, job in fake.jobs.items()}


def test_a_posting_has_every_field_that_the_service_gives(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(a_job(7, source=[{"id": 1, "name": "Example Relief"}, {"id": 2, "name": "Other Aid"}]))
    [page] = at(fake, engine).pages({})
    [posting] = page.postings
    assert (posting.ref, posting.title, posting.company) == (
        "reliefweb:7",
        "Field Officer 7",
        "Example Relief, Other Aid",
    )
    assert posting.body.startswith("**Duties** of post 7")
    assert (posting.location, posting.country, posting.language) == ("Mogadishu", "Somalia", "en")
    assert posting.url == "https://reliefweb.int/job/7/field-officer-7"
    assert posting.published == BEGIN + timedelta(minutes=7)
    assert posting.closing == BEGIN + timedelta(days=30, minutes=7)
    assert posting.extra == {
        "labels": {
            "career_categories": ["Other"], "theme": ["Health"], "type": ["Job"], "experience": ["3-4 years"],
        },
        "iso3": ["som"], "employment": ["Job"], "status": "published", "changed": "2026-01-05T08:07:00+00:00",
    }  # fmt: skip


def test_the_service_is_asked_for_no_contacts(fake: FakeReliefWeb, engine: Engine) -> None:
    list(at(fake, engine).pages({}))
    assert not [name for name in fake.log[0].query["fields"]["include"] if name.startswith(("how_to_apply", "file"))]


def changing(fake: FakeReliefWeb, *, until: int) -> Callable[[int], None]:
    """Insert, edit and withdraw jobs before each of the first calls, both behind and ahead of the reader."""
    end = BEGIN + timedelta(days=400)

    def change(call: int) -> None:
        if call < until:
            moment = end + timedelta(minutes=call)
            numbers = sorted(fake.jobs)
            fake.publish(a_job(1_000_000 + call, changed=moment))
            fake.edit(numbers[call], at=moment, title=f"Edited behind {call}")
            fake.edit(numbers[-100 - call], at=moment, title=f"Edited ahead {call}")
            fake.withdraw(numbers[len(numbers) // 2 + call])

    return change


def read_while_it_changes(fake: FakeReliefWeb, engine: Engine, *, jobs: int, page: int) -> None:
    fake.publish(*(a_job(number) for number in range(1, jobs + 1)))
    fake.before = changing(fake, until=jobs // page)
    source = at(fake, engine, page=page)
    found = polled(engine, source)
    assert len(fake.log) > jobs // page, "the reader has to turn many pages"
    there = titles(engine)
    assert {key: there[key] for key in shown(fake)} == shown(fake), "nothing skipped, every edit seen"
    vanished = set(there) - set(shown(fake))
    assert all(int(key) <= jobs for key in vanished)
    assert found.ingested.new == len(there)
    assert {revision for (revision,) in rows(engine, "revision")} <= {1, 2}, "nothing read twice counts as an edit"
    again = polled(engine, source)
    assert (again.ingested.new, again.ingested.edited) == (0, 0)
    assert fake.used() <= 1000


def test_five_thousand_jobs_are_read_right_while_they_change(fake: FakeReliefWeb, engine: Engine) -> None:
    read_while_it_changes(fake, engine, jobs=5000, page=100)


@pytest.mark.slow
def test_fifty_thousand_jobs_are_read_right_while_they_change(fake: FakeReliefWeb, engine: Engine) -> None:
    read_while_it_changes(fake, engine, jobs=50_000, page=820)


@pytest.mark.parametrize("before", [0, 150])
def test_jobs_of_one_second_that_fill_many_pages_are_all_read(fake: FakeReliefWeb, engine: Engine, before: int) -> None:
    bulk = BEGIN + timedelta(days=1)
    fake.publish(*(a_job(number) for number in range(1, before + 1)))
    fake.publish(*(a_job(number, changed=bulk) for number in range(2000, 2350)))
    fake.publish(*(a_job(number, changed=bulk + timedelta(seconds=1)) for number in range(1000, 1005)))
    polled(engine, at(fake, engine, page=100))
    assert titles(engine) == shown(fake)


def test_a_job_that_shows_late_is_found_by_the_next_poll(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(*(a_job(number) for number in range(1, 300)))
    source = at(fake, engine, page=100)
    polled(engine, source)
    late = BEGIN + timedelta(minutes=299) - OVERLAP / 2
    fake.publish(a_job(5000, changed=late))
    assert polled(engine, source).ingested.new == 1


def test_a_long_sweep_that_was_broken_off_goes_on_where_it_was(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(*(a_job(number, changed=BEGIN) for number in range(1, 1001)))  # a rewind would never get past these
    source = at(fake, engine, page=100)
    for _ in range(30):
        seen = len(fake.log)
        poll(engine, source, hold=lambda connection: None, enough=lambda: len(fake.log) > seen, counts=Counts())  # noqa: B023
    assert titles(engine) == shown(fake)


def test_an_edit_makes_a_revision_and_an_expiry_a_mark(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(*(a_job(number) for number in range(1, 6)))
    source = at(fake, engine)
    polled(engine, source)
    fake.edit(2, at=BEGIN + timedelta(days=3), body="Other duties")
    fake.edit(3, at=BEGIN + timedelta(days=4), status="expired")
    fake.edit(4, at=BEGIN + timedelta(days=4), date=dict(fake.jobs[4]["date"], closing="2026-12-24T00:00:00+00:00"))
    polled(engine, source)
    assert rows(engine, "source_key, revision, gone_at IS NOT NULL") == [
        ("1", 1, 0), ("2", 2, 0), ("3", 1, 1), ("4", 1, 0), ("5", 1, 0),
    ]  # fmt: skip
    assert rows(engine, "closing")[3] == ("2026-12-24 00:00:00.000000",)


def test_what_has_vanished_is_marked_once_a_day_and_unmarked_when_it_is_back(
    fake: FakeReliefWeb, engine: Engine
) -> None:
    clock = Clock(datetime(2026, 2, 1, tzinfo=UTC))
    fake.publish(*(a_job(number) for number in range(1, 251)))
    source = at(fake, engine, page=100, clock=clock)
    polled(engine, source)
    kept = fake.jobs[9]
    fake.withdraw(9)
    polled(engine, source)
    assert ("9", 0) in rows(engine, "source_key, gone_at IS NOT NULL"), "it has not been a day"
    clock.now += timedelta(days=1)
    polled(engine, source)
    assert [key for key, marked in rows(engine, "source_key, gone_at IS NOT NULL") if marked] == ["9"]
    assert len(titles(engine)) == 250, "nothing is deleted"
    fake.publish(kept)
    clock.now += timedelta(days=1)
    polled(engine, source)
    assert [key for key, marked in rows(engine, "source_key, gone_at IS NOT NULL") if marked] == []


def test_a_service_that_suddenly_shows_nothing_makes_nothing_vanish(fake: FakeReliefWeb, engine: Engine) -> None:
    clock = Clock(datetime(2026, 2, 1, tzinfo=UTC))
    fake.publish(*(a_job(number) for number in range(1, 11)))
    source = at(fake, engine, clock=clock)
    polled(engine, source)
    fake.jobs.clear()
    clock.now += timedelta(days=2)
    with pytest.raises(Exception, match="nothing is marked as vanished"):
        polled(engine, source)
    assert not any(marked for (marked,) in rows(engine, "gone_at IS NOT NULL"))


def test_old_jobs_wait_for_new_ones(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(*(a_job(number) for number in range(1, 101)))
    fake.publish(*(a_job(number, changed=datetime(2026, 2, 1, tzinfo=UTC)) for number in range(101, 150)))
    clock = Clock(datetime(2026, 2, 1, 12, tzinfo=UTC))
    lanes = [page.lane.value for page in at(fake, engine, page=100, clock=clock).pages({})]
    assert lanes == ["backfill", "live"]


def test_a_page_that_is_too_large_is_asked_for_in_parts(fake: FakeReliefWeb, engine: Engine) -> None:
    fake.publish(*(a_job(number, body="x" * 1000) for number in range(1, 101)))
    polled(engine, at(fake, engine, limits=Limits(size=30_000, pace=timedelta(0))))
    assert titles(engine) == shown(fake)


def test_two_pollers_together_never_pass_the_quota_and_wait_for_the_next_day(
    fake: FakeReliefWeb, engine: Engine
) -> None:
    fake.publish(*(a_job(number) for number in range(1, 500)))

    def drain() -> SourceUnavailable:
        with pytest.raises(SourceUnavailable, match="40 calls of today are used up") as raised:
            list(chain.from_iterable(at(fake, engine, daily=40, page=100).pages({}) for _ in count()))
        return raised.value

    with ThreadPoolExecutor(2) as pool:
        errors = [done.result() for done in [pool.submit(drain) for _ in range(2)]]
    for error in errors:
        assert error.after is not None
        assert timedelta(0) < error.after <= timedelta(days=1, minutes=2)
    assert [call.status for call in fake.log] == [200] * 40


def test_a_call_that_fails_counts_too(fake: FakeReliefWeb, engine: Engine) -> None:
    for _ in range(2):
        with pytest.raises(SourceUnavailable):
            list(
                ReliefWeb("http://127.0.0.1:9", APPNAME, ledger=Ledger(str(engine.url), "reliefweb", daily=2)).pages({})
            )
    with pytest.raises(SourceUnavailable, match="used up"):
        list(at(fake, engine, daily=2).pages({}))
    assert fake.log == []


def test_without_an_appname_it_is_off() -> None:
    assert sources.load("reliefweb", Settings(_env_file=None, reliefweb_appname="")) is None
