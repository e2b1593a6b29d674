"""Guest pages are asked for slowly, one at a time, as long as one is let, and only by who has read the card."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import text

from metier.errors import ConfigError, MetierError, SourceChanged, SourceRefused, SourceUnavailable
from metier.settings import Settings
from scheduler import sources
from scheduler.ledger import Ledger
from scheduler.poll import Polled, poll
from scheduler.sources.linkedin_guest import DAILY, PACE, LinkedInGuest
from scheduler.sources.polite import Limits
from scheduler.work import Counts
from storage.engine import Engine, create, reading
from tests.fakes.linkedin import WALL, FakeLinkedIn, Job
from tests.fakes.served import Fault

SEARCH = "https://www.linkedin.com/jobs/search?keywords=nurse&location=Geneva&trk=public_jobs"
RESULTS = "/jobs-guest/jobs/api/seeMoreJobPostings/search"
NUMBERS = [70_000_000 + number for number in range(12)]


@pytest.fixture
def fake() -> Iterator[FakeLinkedIn]:
    with FakeLinkedIn([Job(number) for number in NUMBERS]) as made:
        yield made


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    made = create(sqlite_database)
    yield made
    made.dispose()


@pytest.fixture
def wanted(tmp_path: Path) -> Path:
    path = tmp_path / "wanted.txt"
    path.write_text(f"# nurses\n{SEARCH}\n")
    return path


def guest(
    fake: FakeLinkedIn, wanted: Path, database: str, *, day: int = 0, daily: int = DAILY, pace: float = 0
) -> LinkedInGuest:
    """Return the source as it is so many days from now."""
    limits = Limits(patience=timedelta(seconds=2), pace=timedelta(seconds=pace))
    now = datetime.now(UTC) + timedelta(days=day)
    ledger = Ledger(database, "linkedin_guest", daily=daily)
    return LinkedInGuest(fake.root, wanted, ledger=ledger, limits=limits, clock=lambda: now)


def polled(engine: Engine, source: LinkedInGuest) -> Polled:
    """Poll to the end."""
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def test_results_lead_to_jobs_with_bodies_days_and_labels(
    fake: FakeLinkedIn, wanted: Path, engine: Engine, sqlite_database: str
) -> None:
    assert polled(engine, guest(fake, wanted, sqlite_database)).ingested.new == len(NUMBERS)
    with reading(engine) as connection:
        rows = connection.execute(text("SELECT source, source_key, body, published FROM posting ORDER BY id")).all()
    assert {row.source for row in rows} == {"linkedin"}
    assert sorted(int(row.source_key) for row in rows) == NUMBERS
    assert all("You care for people." in row.body and str(row.published).startswith("2026-05-04") for row in rows)
    assert fake.log[0].params == {"keywords": "nurse", "location": "Geneva", "start": "0"}


def test_a_second_poll_asks_for_the_first_results_alone(
    fake: FakeLinkedIn, wanted: Path, engine: Engine, sqlite_database: str
) -> None:
    polled(engine, guest(fake, wanted, sqlite_database))
    before = len(fake.log)
    again = polled(engine, guest(fake, wanted, sqlite_database))
    assert again.ingested.new == 0
    assert [call.path for call in fake.log[before:]] == [RESULTS]


def test_a_job_is_looked_at_again_after_a_week_and_marked_when_it_is_gone(
    fake: FakeLinkedIn, wanted: Path, engine: Engine, sqlite_database: str
) -> None:
    polled(engine, guest(fake, wanted, sqlite_database))
    del fake.jobs[NUMBERS[0]]
    fake.jobs[NUMBERS[1]] = Job(NUMBERS[1], body="<p>Now by day.</p>")
    later = polled(engine, guest(fake, wanted, sqlite_database, day=8))
    assert later.ingested.edited == 1
    with reading(engine) as connection:
        gone = connection.execute(text("SELECT source_key FROM posting WHERE gone_at IS NOT NULL")).scalars().all()
    assert list(gone) == [str(NUMBERS[0])]


def test_two_pages_are_never_asked_for_closer_than_the_pace(
    fake: FakeLinkedIn, wanted: Path, engine: Engine, sqlite_database: str
) -> None:
    polled(engine, guest(fake, wanted, sqlite_database, pace=0.1))
    gaps = [after.at - before.at for before, after in zip(fake.log, fake.log[1:], strict=False)]
    assert len(gaps) > 10
    assert min(gaps) >= 0.099
    assert timedelta(seconds=10) <= PACE


def test_the_day_allows_so_many_pages_and_the_rest_comes_the_next_day(
    fake: FakeLinkedIn, wanted: Path, engine: Engine, sqlite_database: str
) -> None:
    with pytest.raises(SourceUnavailable, match="the 5 calls of today are used up"):
        polled(engine, guest(fake, wanted, sqlite_database, daily=5))
    assert len(fake.log) == 5
    assert polled(engine, guest(fake, wanted, sqlite_database)).ingested.new == len(NUMBERS) - 3


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(429), SourceRefused, "turned away (status 429)"),
        (Fault(429, {"Retry-After": "3"}), SourceRefused, "Saved pages in the folder"),
        (Fault(999), SourceRefused, "turned away (status 999): LinkedIn does not want to be asked"),
        (Fault(403), SourceRefused, "does not want to be asked"),
        (Fault(302, {"Location": "https://www.linkedin.com/authwall?x"}), SourceRefused, "turned away (status 302)"),
        (Fault(302, {"Location": "https://elsewhere.example/"}), SourceChanged, "elsewhere.example"),
        (Fault(body=WALL.encode()), SourceRefused, "page for signing in"),
        (Fault(500), SourceUnavailable, "in trouble"),
        (Fault(400), SourceChanged, "does not understand"),
        (Fault(body=b"<html><p>Something new</p></html>"), SourceChanged, "unknown shape"),
    ],
)
def test_a_fault_says_what_it_is_and_nothing_more_is_asked(
    fake: FakeLinkedIn, sqlite_database: str, fault: Fault, kind: type[MetierError], says: str
) -> None:
    fake.faults += [None, None, fault]
    with TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.txt")
        wanted.write_text(SEARCH)
        with pytest.raises(kind) as raised:
            list(guest(fake, wanted, sqlite_database).pages({}))
    assert says in str(raised.value)
    assert str(raised.value).startswith("linkedin_guest")
    assert "\n" not in str(raised.value)
    assert len(fake.log) == 3


def test_a_list_that_names_something_else_says_which_line(
    fake: FakeLinkedIn, tmp_path: Path, sqlite_database: str
) -> None:
    path = tmp_path / "wanted.txt"
    path.write_text(f"{SEARCH}\nhttps://example.org/jobs/view/70000000\n")
    with pytest.raises(ConfigError, match="line 2"):
        next(guest(fake, path, sqlite_database).pages({}))
    path.write_text("https://[::1/jobs/search?keywords=nurse\n")
    with pytest.raises(ConfigError, match="line 1"):
        next(guest(fake, path, sqlite_database).pages({}))
    with pytest.raises(ConfigError, match="is not there; name a text file"):
        next(guest(fake, tmp_path / "absent", sqlite_database).pages({}))
    assert fake.log == []


def test_it_stays_off_until_the_card_was_read(wanted: Path) -> None:
    assert sources.load("linkedin_guest", Settings(_env_file=None, linkedin_guest=wanted)) is None
    assert sources.load("linkedin_guest", Settings(_env_file=None, linkedin_terms_read=True)) is None
    with pytest.raises(ConfigError, match="METIER_LINKEDIN_URL"):
        sources.load(
            "linkedin_guest",
            Settings(linkedin_guest=wanted, linkedin_terms_read=True, linkedin_url="https://elsewhere.example"),
        )
