"""The scheduler with boards: schedules come and go, a board that hangs delays nobody, memory stays small."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from redis import Redis
from sqlalchemy import text

from metier.settings import Settings
from scheduler import periodic
from storage import schedule
from storage.engine import Engine, create, reading, transaction
from storage.schedule import Schedule
from tests.fakes.boards import FakeAshby, FakeGreenhouse, FakeLever, at_ashby, at_greenhouse, at_lever
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.fakes.site import FakeSite, a_job_posting, a_page, an_item, rss
from tests.integration.test_schedule_process import events, scheduler, soon


def table(token: str, url: str) -> str:
    return f'[[greenhouse]]\ntoken = "{token}"\nurl = "{url}"\n'


def schedules(engine: Engine) -> set[str]:
    with reading(engine) as connection:
        return set(connection.execute(text("SELECT name FROM schedule")).scalars())


def test_a_schedule_comes_with_its_board_and_goes_with_it(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    settings = Settings(_env_file=None, home=tmp_path, sources=file)
    file.write_text(table("acme", "http://127.0.0.1:9/v1") + table("other", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        schedule.seed(connection, [Schedule("poll files", "poll", "every 5s", {"source": "files"})])
        periodic.establish(connection, settings)
    both = {"poll greenhouse:acme", "poll greenhouse:other"}
    assert schedules(engine) == {"forget", "poll files"} | both
    with transaction(engine) as connection:
        connection.execute(text("UPDATE schedule SET enabled = false WHERE name = 'poll greenhouse:acme'"))
    file.write_text(table("acme", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        periodic.establish(connection, settings)
        found = connection.execute(text("SELECT enabled FROM schedule WHERE name = 'poll greenhouse:acme'"))
        assert not found.scalar_one(), "what a person changed stays"
    assert schedules(engine) == {"forget", "poll files", "poll greenhouse:acme"}


@contextmanager
def silent() -> Iterator[str]:
    """Take connections and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    kept.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for connection in kept:
            connection.close()


def test_a_board_that_hangs_delays_no_hint_and_no_other_source(
    tmp_path: Path, database: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sources.toml"
    monkeypatch.setenv("METIER_SOURCES", str(file))
    with silent() as url, FakeGreenhouse(at_greenhouse(1)) as fake, Redis.from_url(broker) as queue:
        file.write_text("".join(table(f"hung{n}", f"{url}/v1") for n in range(6)) + table("acme", fake.url))
        with scheduler(tmp_path, database, broker):
            assert soon(lambda: len(fake.log) == 1), "the board that answers is polled"
            assert soon(lambda: queue.llen("tag") == 1)
            for number in range(5):  # the others hang all the while: their time limit is a minute
                queue.delete("tag")  # nobody works here, and the relay sends no more than a few ahead
                began = time.monotonic()
                (tmp_path / "inbox" / f"{number}.csv").write_text(f"id,title\n{number},Nurse\n")
                assert soon(lambda: queue.llen("tag") == 1)
                assert time.monotonic() - began < 20, "a file is seen within its period, its hint at once"
        assert events(tmp_path, "poll failed") == 0


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_thousand_polls_of_all_sources_leave_memory_small(
    tmp_path: Path, sqlite_database: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as stack:
        fakes = [
            FakeGreenhouse(*(at_greenhouse(n) for n in range(300))), FakeAshby(*(at_ashby(n) for n in range(300))),
            FakeLever(*(at_lever(n) for n in range(300))),
        ]  # fmt: skip
        site = FakeSite({"/feed.xml": rss(*(an_item(n) for n in range(300)))})
        site.pages |= {f"/jobs/{n}": a_page(a_job_posting(n)) for n in range(5)}
        relief = FakeReliefWeb([a_job(n) for n in range(1, 1500)], quota=10**9)
        for fake in (*fakes, site, relief):
            stack.enter_context(fake)
        green, ash, lever = fakes
        pages = ", ".join(f'"{site.root}/jobs/{n}"' for n in range(5))
        (tmp_path / "sources.toml").write_text(
            table("acme", f"{green.root}/v1")
            + f'[[ashby]]\nboard = "acme"\nurl = "{ash.root}/posting-api"\n'
            + f'[[lever]]\nsite = "acme"\nurl = "{lever.root}/v0"\n'
            + f'[[feeds]]\nname = "buses"\nurl = "{site.root}/feed.xml"\n'
            + f'[[pages]]\nname = "parks"\nurls = [{pages}]\n'
        )
        told = {"SOURCES": tmp_path / "sources.toml", "RELIEFWEB_APPNAME": APPNAME, "RELIEFWEB_URL": relief.url}
        for name, value in told.items():
            monkeypatch.setenv(f"METIER_{name}", str(value))
        engine = create(sqlite_database)
        with scheduler(tmp_path, sqlite_database, broker) as run:
            assert soon(lambda: events(tmp_path, "polled") >= 6, seconds=120)
            with transaction(engine) as connection:
                connection.execute(text("UPDATE schedule SET cron = 'every 1s' WHERE kind = 'poll'"))
            sizes, polls, until = list[float](), 0, time.monotonic() + 3000
            while polls < 1000 and time.monotonic() < until:
                time.sleep(1)
                for job in (green.jobs[0], ash.jobs[0]):
                    job["title"] = f"Edited at {time.monotonic()}"  # so that a board is read whole each time
                site.pages["/feed.xml"] = rss(*(an_item(n, title=f"Bus Driver {time.time()}") for n in range(300)))
                polls = len(green.log) + len(ash.log) + len(relief.log) + len(lever.log) // 4 + len(site.log) // 7
                sizes.append(psutil.Process(run.pid).memory_info().rss / 2**20)
        engine.dispose()
        print(f"{polls} polls; memory {sizes[0]:.0f} MB at first, {max(sizes):.0f} MB at most, {sizes[-1]:.0f} at last")
        assert polls >= 1000
        assert max(sizes) < 150
