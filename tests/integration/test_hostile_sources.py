"""What services send to do harm, or by accident: recorded rejections, never a crash and never a long wait."""

import gzip
import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
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
from tests.fakes.mutants import mutant
from tests.fakes.reliefweb import APPNAME
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


def survives(kind: str, number: int, database: str) -> None:
    """Poll a kind of source with so many mutants; whatever it makes of one must be a page or an error of ours."""
    served, chance = SERVED[kind], random.Random(f"{kind} 7")
    outcomes = Counter[str]()
    with served.start() as fake:
        if isinstance(fake, FakeHttp) and served.own_pages:
            page = a_page({"@graph": [a_job_posting(1), [a_job_posting(2)]]})
            fake.pages |= {"/jobs/1": page}  # type: ignore[attr-defined]  # a FakeSite
        source = served.source(fake, Ledger(database, kind, daily=10**9))
        wholes = originals(kind, fake)
        for _ in range(number):
            fake.faults.clear()
            robots = Fault(body=mutant(b"User-agent: *\nAllow: /\nCrawl-delay: 0\n", chance))
            fake.faults.extend([robots] if served.own_pages else [])
            bodies = [mutant(whole, chance) for whole in wholes]
            fake.faults.extend(Fault(body=body) for body in bodies)
            said = ""
            try:
                for page in islice(source.pages({}), len(wholes)):
                    assert all(isinstance(posting, Posting) for posting in page.postings)
                    assert all(flaw(posting) is None or posting.ref for posting in page.postings)
                    assert all("\n" not in reason for reason in page.bad)
                    json.dumps(page.cursor)
                    outcomes.update({"postings": bool(page.postings), "set aside": bool(page.bad)})
            except MetierError as error:
                said = str(error)
                outcomes["refused"] += 1
            except Exception as error:
                raise AssertionError(f"{kind} falls over {bodies!r}") from error
            assert len(said) < 700
    for outcome in ("postings", "set aside", "refused"):  # the harm reaches each part of a source
        own = outcome == "refused" and served.own_pages  # a page's fault is its own affair
        assert own or outcomes[outcome] > number // 50, f"{kind}: {dict(outcomes)}"


def originals(kind: str, fake: Any) -> list[bytes]:  # Any: any stand-in
    """Return good bodies of this kind, in the order in which they are asked for."""
    if kind == "reliefweb":
        include = list(next(iter(fake.jobs.values())))
        query = {"limit": 10, "sort": ["date.changed:asc", "id:asc"], "fields": {"include": include}}
        return [bytes(fake.answer("POST", f"/v2/jobs?appname={APPNAME}", json.dumps(query).encode())[1])]
    paths = {
        "greenhouse": ["/v1/boards/acme/jobs"], "ashby": ["/posting-api/job-board/acme"],
        "lever": ["/v0/postings/acme"], "feeds": ["/feed.xml"], "pages": ["/jobs/1"],
        "linkedin_guest": [
            "/jobs-guest/jobs/api/seeMoreJobPostings/search", "/jobs-guest/jobs/api/jobPosting/70000000",
        ],
    }  # fmt: skip
    asked = {"content": "true", "includeCompensation": "true", "limit": "5"}
    return [bytes(fake.reply(path, asked).body) for path in paths[kind]]


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
    outcomes = Counter[str]()
    for _ in range(number):
        path.write_bytes(mutant(chance.choice(wholes), chance))
        try:
            rows = list(linkedin.walk(path, "linkedin"))
            outcomes["read" if any(isinstance(row, Posting) for row in rows) else "empty"] += 1
        except MetierError:
            outcomes["refused"] += 1
    assert outcomes["read"] > number // 4
    assert outcomes["refused"] > 0


def test_saved_pages_with_harm_done_to_them_end_in_rejections_only(tmp_path: Path) -> None:
    endures(500, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_thousand_saved_pages_end_in_rejections_only(tmp_path: Path) -> None:
    endures(10_000, tmp_path)
