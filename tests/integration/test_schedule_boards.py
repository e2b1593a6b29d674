"""The scheduler with boards: schedules come and go, a board that hangs delays nobody, memory stays small."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text

from metier.settings import Settings
from scheduler import periodic
from storage import schedule
from storage.engine import Engine, reading, transaction
from storage.schedule import Schedule
from tests.fakes.boards import FakeGreenhouse, at_greenhouse
from tests.integration.test_schedule_process import events, scheduler, soon


def table(token: str, url: str) -> str:
    return f'[[greenhouse]]\ntoken = "{token}"\nurl = "{url}"\n'


def schedules(engine: Engine) -> set[str]:
    """Return the schedules of sources."""
    with reading(engine) as connection:
        return set(connection.execute(text("SELECT name FROM schedule WHERE kind = 'poll'")).scalars())


def test_a_schedule_comes_with_its_board_and_goes_with_it(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    settings = Settings(_env_file=None, home=tmp_path, sources=file)
    file.write_text(table("acme", "http://127.0.0.1:9/v1") + table("other", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        schedule.seed(connection, [Schedule("poll files", "poll", "every 5s", {"source": "files"})])
        periodic.establish(connection, settings)
    both = {"poll greenhouse:acme", "poll greenhouse:other"}
    assert schedules(engine) == {"poll files"} | both
    with transaction(engine) as connection:
        connection.execute(text("UPDATE schedule SET enabled = false WHERE name = 'poll greenhouse:acme'"))
    file.write_text(table("acme", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        periodic.establish(connection, settings)
        found = connection.execute(text("SELECT enabled FROM schedule WHERE name = 'poll greenhouse:acme'"))
        assert not found.scalar_one(), "what a person changed stays"
    assert schedules(engine) == {"poll files", "poll greenhouse:acme"}


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
