"""Boards at Greenhouse, Lever and Ashby: every field, edits, closing, and nothing asked or read in vain."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from metier.errors import SourceChanged, SourceRefused
from metier.types import Posting
from scheduler.ledger import Ledger
from scheduler.sources import Source
from scheduler.sources.ashby import Ashby, AshbyBoard
from scheduler.sources.greenhouse import Greenhouse, GreenhouseBoard
from scheduler.sources.lever import Lever, LeverBoard
from scheduler.sources.polite import Limits
from storage.engine import Engine
from tests.fakes.boards import (
    BEGIN,
    FakeAshby,
    FakeGreenhouse,
    FakeLever,
    Job,
    at_ashby,
    at_greenhouse,
    at_lever,
)  # fmt: skip
from tests.integration.board_polls import aside, found, gone, polled, rows

BODY = "Role\n\nYou care for guests & rooms of hotel 7.\n\n- greet\n- plan"
SWIFT = Limits(pace=timedelta(0))
Fake = FakeGreenhouse | FakeAshby | FakeLever


@dataclass(frozen=True, slots=True)
class World:
    """One kind of board: its stand-in, its jobs, and how a source of it is made."""

    fake: Fake
    job: Callable[..., Job]
    source: Callable[[str], Source]
    title: str = "title"


def ledger(database: str) -> Ledger:
    return Ledger(database, "any", daily=1000)


@pytest.fixture
def worlds() -> Iterator[dict[str, World]]:
    green, ash, lever = FakeGreenhouse(), FakeAshby(), FakeLever()

    def at_green(database: str) -> Source:
        board = GreenhouseBoard(token="acme", url=green.url, company="Acme")
        return Greenhouse(board, ledger=ledger(database), limits=SWIFT)

    def at_ash(database: str) -> Source:
        return Ashby(AshbyBoard(board="acme", url=ash.url, company="Acme"), ledger=ledger(database), limits=SWIFT)

    def at_lev(database: str) -> Source:
        return Lever(LeverBoard(site="acme", url=lever.url, company="Acme"), ledger=ledger(database), limits=SWIFT)

    with ExitStack() as stack:
        for fake in (green, ash, lever):
            stack.enter_context(fake)
        yield {
            "greenhouse": World(green, at_greenhouse, at_green),
            "ashby": World(ash, at_ashby, at_ash),
            "lever": World(lever, at_lever, at_lev, title="text"),
        }


@pytest.fixture(params=["greenhouse", "ashby", "lever"])
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> World:
    return worlds[request.param]


@pytest.fixture
def source(world: World, engine: Engine) -> Source:
    return world.source(engine.url.render_as_string(hide_password=False))


def only(worlds: dict[str, World], kind: str, database: str, **fields: Any) -> Posting:  # Any: JSON
    worlds[kind].fake.jobs = [worlds[kind].job(7, **fields)]
    [page] = worlds[kind].source(database).pages({})
    assert page.bad == []
    [posting] = page.postings
    return posting


def test_greenhouse_gives_every_field(worlds: dict[str, World], sqlite_database: str) -> None:
    posting = only(worlds, "greenhouse", sqlite_database)
    assert (posting.ref, posting.title) == ("greenhouse:acme:4000007", "Front Desk Agent 7")
    assert posting.body == BODY
    assert (posting.company, posting.location, posting.language) == ("Acme", "Lisbon, Portugal", "en")
    assert posting.url == "https://boards.greenhouse.io/acme/jobs/4000007"
    assert posting.published == BEGIN + timedelta(minutes=7)
    assert posting.extra["labels"] == {"departments": ["Hospitality"], "offices": ["Lisbon"], "Contract": ["Permanent"]}


def test_lever_gives_every_field(worlds: dict[str, World], sqlite_database: str) -> None:
    posting = only(worlds, "lever", sqlite_database)
    assert (posting.ref, posting.title) == ("lever:acme:00000000-0000-4000-8000-000000000007", "Baker 7")
    assert posting.body == "You bake bread in shop 7.\n\nDuties\n- knead\n- bake\n\nWe look forward to you."
    assert (posting.company, posting.location, posting.country) == ("Acme", "Vienna; Graz", "AT")
    assert posting.published == BEGIN + timedelta(minutes=7)
    assert posting.extra == {
        "labels": {"department": ["Kitchen"], "team": ["Bread"]}, "employment": ["Full-time"], "remote": "on-site",
        "salary": {"currency": "EUR", "low": 32000.0, "high": 38000.0, "period": "year"},
    }  # fmt: skip


def test_ashby_gives_every_field(worlds: dict[str, World], sqlite_database: str) -> None:
    posting = only(worlds, "ashby", sqlite_database)
    assert (posting.key, posting.title) == ("11111111-0000-4000-8000-000000000007", "Data Engineer 7")
    assert posting.body == BODY
    assert (posting.company, posting.location, posting.country) == ("Acme", "Remote, Canada; Toronto", "Canada")
    assert posting.url.startswith("https://jobs.ashbyhq.com/acme/")
    assert posting.extra == {
        "labels": {"department": ["Engineering"], "team": ["Data"]}, "employment": ["FullTime"], "remote": "Remote",
        "salary": {"currency": "CAD", "low": 120000.0, "high": 150000.0, "period": "year"},
        "salary_text": "CA$120K - CA$150K",
    }  # fmt: skip


def test_what_ashby_does_not_list_is_not_read(worlds: dict[str, World], sqlite_database: str) -> None:
    worlds["ashby"].fake.jobs = [at_ashby(1, isListed=False), at_ashby(2)]
    [page] = worlds["ashby"].source(sqlite_database).pages({})
    assert [posting.title for posting in page.postings] == ["Data Engineer 2"]
    assert page.listing == {at_ashby(2)["id"]}


def test_an_edit_makes_a_revision_and_what_has_vanished_is_marked_until_it_is_back(
    world: World, source: Source, engine: Engine
) -> None:
    world.fake.jobs = [world.job(number) for number in range(5)]
    assert found(engine, source) == (5, 0)
    [kept] = [job for job in world.fake.jobs if str(job["id"]).endswith("3")]
    world.fake.jobs.remove(kept)
    world.fake.jobs[0][world.title] = "Another title"
    assert found(engine, source) == (0, 1)
    assert gone(engine) == {str(kept["id"])}
    world.fake.jobs.append(kept)
    assert found(engine, source) == (0, 0)
    assert gone(engine) == set()
    assert [revision for (revision,) in rows(engine, "revision")] == [2, 1, 1, 1, 1]


def test_a_board_without_jobs_has_closed_them_all(world: World, source: Source, engine: Engine) -> None:
    world.fake.jobs = [world.job(1)]
    polled(engine, source)
    world.fake.jobs = []
    polled(engine, source)
    assert len(gone(engine)) == 1


def test_an_unchanged_board_is_asked_conditionally_and_read_no_further(
    world: World, source: Source, engine: Engine
) -> None:
    world.fake.jobs = [world.job(1)]
    polled(engine, source)
    assert list(source.pages(cursor(engine))) == []
    if isinstance(world.fake, FakeGreenhouse):
        assert [asked.status for asked in world.fake.log] == [200, 304]
    world.fake.jobs[0][world.title] = "Another title"
    assert found(engine, source) == (0, 1)


def cursor(engine: Engine) -> Any:  # Any: JSON
    from storage import sources
    from storage.engine import reading

    with reading(engine) as connection:
        return sources.listed(connection)[0].cursor


def test_an_odd_job_is_told_once_and_not_taken_for_vanished(world: World, source: Source, engine: Engine) -> None:
    world.fake.jobs = [world.job(1), world.job(2)]
    polled(engine, source)
    world.fake.jobs[0][world.title] = {"odd": True}
    assert polled(engine, source).bad == 1
    world.fake.jobs.append(world.job(3))
    assert polled(engine, source).bad == 0
    assert gone(engine) == set()
    assert world.title in aside(engine)[0]


def test_a_field_that_changed_in_all_jobs_is_named(world: World, source: Source) -> None:
    world.fake.jobs = [world.job(number, **{world.title: None}) for number in range(3)]
    with pytest.raises(SourceChanged, match=f"the field {world.title} is missing, and so of all 3"):
        list(source.pages({}))


def test_fewer_jobs_than_announced_are_not_taken_for_all(worlds: dict[str, World], sqlite_database: str) -> None:
    from tests.fakes.served import Fault

    worlds["greenhouse"].fake.faults.append(Fault(body=b'{"jobs": [], "meta": {"total": 5}}'))
    with pytest.raises(SourceChanged, match=r"meta\.total says 5"):
        list(worlds["greenhouse"].source(sqlite_database).pages({}))


def test_a_board_that_is_not_there_needs_a_person(worlds: dict[str, World], sqlite_database: str) -> None:
    url = worlds["greenhouse"].fake.root + "/v1"
    source = Greenhouse(GreenhouseBoard(token="acne", url=url), ledger=ledger(sqlite_database), limits=SWIFT)
    with pytest.raises(SourceRefused, match=r"is token = 'acne' in sources\.toml right"):
        list(source.pages({}))


def test_a_link_that_is_none_is_left_out(worlds: dict[str, World], sqlite_database: str) -> None:
    assert only(worlds, "greenhouse", sqlite_database, absolute_url="javascript:alert(1)").url == ""
    assert only(worlds, "lever", sqlite_database, hostedUrl="file:///etc/passwd").url == ""


def test_nothing_is_skipped_while_jobs_come_and_go_between_the_pages(worlds: dict[str, World], engine: Engine) -> None:
    world = worlds["lever"]
    world.fake.jobs = [at_lever(number) for number in range(450)]
    there = set(range(450))

    def change(call: int) -> None:
        if call == 1:
            del world.fake.jobs[:3]  # within the overlap
        elif call == 2:
            del world.fake.jobs[3:180]  # more than a page moves up
        elif call == 3:
            world.fake.jobs.insert(0, at_lever(9999))
        elif call == 4:
            world.fake.jobs[-1]["text"] = "Edited while we read"

    world.fake.before = change
    source = world.source(engine.url.render_as_string(hide_password=False))
    polled(engine, source)
    there -= set(range(3)) | set(range(6, 183))
    keys = {key for (key,) in rows(engine, "source_key")}
    assert {at_lever(number)["id"] for number in there} <= keys, "nothing that stayed is skipped"
    assert gone(engine) == set(), "of a reading that moved nothing is taken for vanished"
    world.fake.before = lambda call: None
    polled(engine, source)
    shown = {job["id"]: job["text"] for job in world.fake.jobs}
    marked = gone(engine)
    assert {key: title for key, title in rows(engine, "source_key, title") if key not in marked} == shown


def test_moments_are_in_utc_and_an_unreadable_one_sets_the_job_aside(
    worlds: dict[str, World], sqlite_database: str
) -> None:
    posting = only(worlds, "ashby", sqlite_database, publishedAt="2026-02-03T04:05:06.000-05:00")
    assert posting.published == datetime(2026, 2, 3, 9, 5, 6, tzinfo=UTC)
    worlds["ashby"].fake.jobs = [at_ashby(1), at_ashby(2, publishedAt={"odd": 1})]
    [page] = worlds["ashby"].source(sqlite_database).pages({})
    assert "publishedAt is no date" in page.bad[0]
