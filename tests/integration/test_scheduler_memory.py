"""The scheduler with every kind of source switched on stays small, however long it polls."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text

from metier.settings import Settings
from scheduler import sources
from storage.engine import Engine, create, reading, transaction
from tests.fakes import cv_files
from tests.fakes.boards import FakeAshby, FakeGreenhouse, FakeLever, at_ashby, at_greenhouse, at_lever
from tests.fakes.linkedin import FakeLinkedIn, Job, job_page, search_page
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.site import FakeSite, a_job_posting, a_page, an_item, rss
from tests.integration.test_schedule_process import events, scheduler, soon

MOST = 135
"""Megabytes; the promise is 150."""


@contextmanager
def boards(folder: Path) -> Iterator[Callable[[], None]]:
    """Serve boards, a feed, a site and ReliefWeb; yield what edits some of what they show."""
    with ExitStack() as stack:
        green = stack.enter_context(FakeGreenhouse(*(at_greenhouse(n) for n in range(300))))
        ash = stack.enter_context(FakeAshby(*(at_ashby(n) for n in range(300))))
        lever = stack.enter_context(FakeLever(*(at_lever(n) for n in range(300))))
        site = stack.enter_context(FakeSite({"/feed.xml": rss(*(an_item(n) for n in range(300)))}))
        site.pages |= {f"/jobs/{n}": a_page(a_job_posting(n)) for n in range(5)}
        relief = stack.enter_context(FakeReliefWeb([a_job(n) for n in range(1, 1500)], quota=10**9))
        guest = stack.enter_context(FakeLinkedIn([Job(70_000_000 + number) for number in range(60)]))
        pages = ", ".join(f'"{site.root}/jobs/{n}"' for n in range(5))
        (folder / "sources.toml").write_text(
            f'[[greenhouse]]\ntoken = "acme"\nurl = "{green.root}/v1"\n'
            f'[[ashby]]\nboard = "acme"\nurl = "{ash.root}/posting-api"\n'
            f'[[lever]]\nsite = "acme"\nurl = "{lever.root}/v0"\n'
            f'[[feeds]]\nname = "buses"\nurl = "{site.root}/feed.xml"\n'
            f'[[pages]]\nname = "parks"\nurls = [{pages}]\n'
        )
        (folder / "wanted.txt").write_text("https://www.linkedin.com/jobs/search?keywords=nurse\n")
        os.environ |= {
            "METIER_RELIEFWEB_URL": relief.url, "METIER_LINKEDIN_URL": guest.url,
            "METIER_SOURCES": str(folder / "sources.toml"),
        }  # fmt: skip

        def edit() -> None:
            for job in (green.jobs[0], ash.jobs[0]):
                job["title"] = f"Edited at {time.monotonic()}"  # so that a board is read whole each time
            site.pages["/feed.xml"] = rss(*(an_item(n, title=f"Bus Driver {time.time()}") for n in range(300)))

        yield edit


def drop(folder: Path, number: int) -> None:
    """Put files into the folders of files, LinkedIn and CVs, or change those of before."""
    rows = "".join(f"{row},Nurse {number},{'You care. ' * 100}\n" for row in range(500))
    (folder / "inbox" / "a.csv").write_text(f"id,title,body\n{rows}")
    jobs = [Job(60_000_000 + row, f"Cook {number}") for row in range(200)]
    (folder / "linkedin" / f"search{number % 20}.html").write_text(search_page(jobs))
    (folder / "linkedin" / f"job{number % 20}.html").write_text(job_page(jobs[number % 20]))
    (folder / "cvs" / f"cv{number % 50}.pdf").write_bytes(cv_files.pdf([*cv_files.TEXT.splitlines(), str(number)]))
    people = [{"id": row, "positions": [{"position": f"Buyer {number}", "startDate": "2019"}]} for row in range(300)]
    (folder / "cvs" / "people.json").write_bytes(cv_files.json.dumps(people).encode())


def ended(engine: Engine) -> dict[str, int]:
    """Return how many polls of each source have ended well."""
    with reading(engine) as connection:
        rows = connection.execute(text("SELECT schedule, count(*) FROM slot WHERE outcome = 'done' GROUP BY schedule"))
        return {name.removeprefix("poll "): count for name, count in rows if name.startswith("poll ")}


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_polls_of_all_sources_leave_memory_small(
    tmp_path: Path, sqlite_database: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RELIEFWEB_URL", "LINKEDIN_URL", "SOURCES"):
        monkeypatch.setenv(f"METIER_{name}", "")  # so that they are put back
    for name, value in {
        "RELIEFWEB_APPNAME": APPNAME, "LINKEDIN": tmp_path / "linkedin", "CVS": tmp_path / "cvs",
        "LINKEDIN_GUEST": tmp_path / "wanted.txt", "LINKEDIN_TERMS_READ": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(f"METIER_{name}", str(value))
    for name in ("linkedin", "cvs"):
        (tmp_path / name).mkdir()
    engine = create(sqlite_database)
    with boards(tmp_path) as edit, scheduler(tmp_path, sqlite_database, broker) as run:
        assert {one.partition(":")[0] for one in sources.planned(Settings(_env_file=None))} | {"files"} == set(
            sources.names()
        ), "switch each new source on here"
        assert soon(lambda: events(tmp_path, "scheduler started") >= 1, seconds=120)
        with transaction(engine) as connection:
            connection.execute(text("UPDATE schedule SET cron = 'every 1s' WHERE kind = 'poll'"))
        sizes, polls, until = list[float](), dict[str, int](), time.monotonic() + 3000
        while sum(polls.values()) < 1000 and time.monotonic() < until:
            edit()
            drop(tmp_path, len(sizes))
            time.sleep(1)
            polls = ended(engine)
            sizes.append(psutil.Process(run.pid).memory_info().rss / 2**20)
    with reading(engine) as connection:
        saved = connection.execute(text("SELECT count(*) FROM job")).scalar_one()
    engine.dispose()
    print(f"{polls}; memory {sizes[0]:.0f} MB at first, {max(sizes):.0f} MB at most, {sizes[-1]:.0f} at last")
    assert {name.partition(":")[0] for name in polls} == set(sources.names())
    assert sum(polls.values()) >= 1000
    assert min(polls.values()) >= 20
    assert saved > 5_000, "the polls had something to read"
    assert max(sizes) < MOST
