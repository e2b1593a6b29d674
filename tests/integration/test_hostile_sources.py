"""What services send to do harm, or by accident: recorded rejections, never a crash and never a long wait."""

import contextlib
import gzip
import json
import random
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from metier.errors import MetierError
from metier.types import Posting
from scheduler.flaws import flaw
from scheduler.ledger import Ledger
from scheduler.reading import linkedin
from scheduler.sources.greenhouse import Greenhouse, GreenhouseBoard
from scheduler.sources.pages import Pages, Site
from scheduler.sources.polite import Limits
from tests.fakes.boards import FakeGreenhouse, at_greenhouse
from tests.fakes.http import FakeHttp
from tests.fakes.linkedin import Job, job_page, search_page
from tests.fakes.served import Fault, Reply
from tests.fakes.site import FakeSite, a_job_posting, a_page
from tests.integration.http_sources import SERVED

NO_PACE = Limits(patience=timedelta(seconds=20), pace=timedelta(0))
BOMBS = {
    "deep": "<div>" * 100_000,
    "deep with stray ends": "<div></p>" * 100_000,
    "many": "<p>x" * 500_000,
    "entities": "&lt;" * 400_000,
    "attributes": f"<p {'a=b ' * 200_000}>",
    "comments": "<!--" * 400_000,
    "tables": "<table><tr><td>" * 60_000,
}


@pytest.fixture
def site() -> Iterator[FakeSite]:
    with FakeSite() as made:
        yield made


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_html_that_means_harm_costs_little_time(site: FakeSite, sqlite_database: str, bomb: str) -> None:
    site.pages |= {"/1": a_page(a_job_posting(1)), "/2": bomb, "/3": a_page(a_job_posting(3, description=bomb))}
    source = Pages(
        Site(name="acme", urls=tuple(f"{site.root}/{n}" for n in (1, 2, 3))),
        ledger=Ledger(sqlite_database, "any", daily=100), limits=NO_PACE,
    )  # fmt: skip
    began = time.process_time()
    [page] = source.pages({})
    assert time.process_time() - began < 10
    assert "/1" in [posting.key for posting in page.postings]
    assert len(page.bad) >= 1


@pytest.mark.parametrize("packed", [False, True])
def test_a_hundred_megabytes_are_broken_off_and_told(site: FakeSite, sqlite_database: str, packed: bool) -> None:
    swollen = b"<p>" + b" " * 100_000_000
    headers = {"Content-Encoding": "gzip"} if packed else {}
    body = gzip.compress(swollen, 1) if packed else swollen
    site.pages |= {"/1": Reply(body, headers=headers), "/2": a_page(a_job_posting(2))}
    site.etags = False
    source = Pages(
        Site(name="acme", urls=(f"{site.root}/1", f"{site.root}/2")), ledger=Ledger(sqlite_database, "any", daily=100)
    )
    [page] = source.pages({})
    assert [posting.key for posting in page.postings] == ["/2"]
    assert ["has more than 2 MiB; it is not read" in reason for reason in page.bad] == [True]


def test_a_bomb_in_one_job_of_a_board_sets_that_job_aside(sqlite_database: str) -> None:
    with FakeGreenhouse(at_greenhouse(1), at_greenhouse(2, content=BOMBS["deep"])) as fake:
        board = GreenhouseBoard(token="acme", url=fake.url)
        [page] = Greenhouse(board, ledger=Ledger(sqlite_database, "any", daily=9), limits=NO_PACE).pages({})
    assert [posting.title for posting in page.postings] == ["Front Desk Agent 1"]
    assert ["nested deeper than 500 elements" in reason for reason in page.bad] == [True]


ODD: list[Any] = [  # Any: JSON
    None, True, -1, 1e400, 10**40, "", " ", "\x00", "\ud800", "\ue000\ue003", [], {}, [[]], [{}], {"name": None},
    "x" * 9000, "<" * 500, "<![CDATA[", "&#x110000;", "9999-12-31T23:59:59-12:00", "0000-00-00", [None, 1, "a"],
    {"@type": ["JobPosting"]},
]  # fmt: skip


def mutant(body: bytes, chance: random.Random) -> bytes:
    """Return a body with some harm done to its values or to its bytes."""
    if chance.random() < 0.5 and body[:1] in b"[{":
        return json.dumps(changed(json.loads(body), chance)).encode()
    made = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(made)) if made else 0
        harm = chance.randrange(4)
        if harm == 0:
            made[place : place + 1] = chance.randbytes(chance.randint(0, 3))
        elif harm == 1:
            del made[place : place + chance.randint(1, 200)]
        elif harm == 2:
            made[place:place] = made[place : place + chance.randint(1, 200)]
        else:
            made[place:place] = json.dumps(chance.choice(ODD)).encode()
    return bytes(made)


def changed(value: Any, chance: random.Random) -> Any:  # Any: JSON
    """Return JSON of which some values are others."""
    if chance.random() < 0.04:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: changed(one, chance) for name, one in value.items() if chance.random() > 0.02}
    return [changed(one, chance) for one in value] if isinstance(value, list) else value


def survives(kind: str, number: int, database: str) -> None:
    """Poll a kind of source with so many mutants; whatever it makes of one must be a page or an error of ours."""
    served, chance = SERVED[kind], random.Random(f"{kind} 7")
    with served.start() as fake:
        if isinstance(fake, FakeHttp) and served.own_pages:
            page = a_page({"@graph": [a_job_posting(1), [a_job_posting(2)]]})
            fake.pages |= {"/jobs/1": page}  # type: ignore[attr-defined]  # a FakeSite
        source = served.source(fake, Ledger(database, kind, daily=10**9))
        whole = original(kind, fake)
        for _ in range(number):
            fake.faults.clear()
            robots = Fault(body=mutant(b"User-agent: *\nAllow: /\nCrawl-delay: 0\n", chance))
            fake.faults.extend([robots] if served.own_pages else [])
            body = mutant(whole, chance)
            fake.faults.append(Fault(body=body))
            said = ""
            try:
                for page in source.pages({}):
                    assert all(isinstance(posting, Posting) for posting in page.postings)
                    assert all(flaw(posting) is None or posting.ref for posting in page.postings)
                    assert all("\n" not in reason for reason in page.bad)
                    json.dumps(page.cursor)
                    break
            except MetierError as error:
                said = str(error)
            except Exception as error:
                raise AssertionError(f"{kind} falls over {body[:3000]!r}") from error
            assert len(said) < 700


def original(kind: str, fake: Any) -> bytes:  # Any: any stand-in
    """Return a good body of this kind."""
    if kind == "reliefweb":
        query = json.dumps({"limit": 10, "fields": {"include": list(next(iter(fake.jobs.values())))}}).encode()
        return bytes(fake.answer("POST", "/v2/jobs?appname=metier-tests-q7x2", query)[1])
    paths = {
        "greenhouse": "/v1/boards/acme/jobs", "ashby": "/posting-api/job-board/acme", "lever": "/v0/postings/acme",
        "feeds": "/feed.xml", "pages": "/jobs/1",
        "linkedin_guest": "/jobs-guest/jobs/api/seeMoreJobPostings/search",
    }  # fmt: skip
    return bytes(fake.reply(paths[kind], {"content": "true", "includeCompensation": "true", "limit": "5"}).body)


@pytest.mark.parametrize("kind", SERVED)
def test_inputs_with_harm_done_to_them_end_in_rejections_only(kind: str, sqlite_database: str) -> None:
    survives(kind, 60, sqlite_database)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("kind", SERVED)
def test_ten_thousand_inputs_end_in_rejections_only(kind: str, sqlite_database: str) -> None:
    survives(kind, 10_000 // len(SERVED) + 1, sqlite_database)


def endures(number: int, folder: Path) -> None:
    """Read so many mutants of LinkedIn's saved pages; each is postings or rejections."""
    chance, jobs = random.Random(5), [Job(70_000_000 + place, salary="$1/yr") for place in range(6)]
    wholes, path = [job_page(jobs[0]).encode(), search_page(jobs).encode()], folder / "saved.html"
    for _ in range(number):
        path.write_bytes(mutant(chance.choice(wholes), chance))
        with contextlib.suppress(MetierError):
            list(linkedin.walk(path, "linkedin"))


def test_saved_pages_with_harm_done_to_them_end_in_rejections_only(tmp_path: Path) -> None:
    endures(500, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_thousand_saved_pages_end_in_rejections_only(tmp_path: Path) -> None:
    endures(10_000, tmp_path)
