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
from scheduler import periodic, sources
from scheduler.switched import Switched
from storage import schedule
from storage import sources as polled
from storage import status as standing
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
        periodic.establish(connection, sources.planned(settings))
    both = {"poll greenhouse:acme", "poll greenhouse:other"}
    assert schedules(engine) == {"poll files"} | both
    with transaction(engine) as connection:
        connection.execute(text("UPDATE schedule SET enabled = false WHERE name = 'poll greenhouse:acme'"))
    file.write_text(table("acme", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        periodic.establish(connection, sources.planned(settings))
        found = connection.execute(text("SELECT enabled FROM schedule WHERE name = 'poll greenhouse:acme'"))
        assert not found.scalar_one(), "what a person changed stays"
    assert schedules(engine) == {"poll files", "poll greenhouse:acme"}


def test_the_file_decides_how_often_a_board_is_polled(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    settings = Settings(_env_file=None, home=tmp_path, sources=file)
    rules = []
    for every in ("", 'every = "1h"\n', 'every = "30m"\n'):
        file.write_text(table("acme", "http://127.0.0.1:9/v1") + every)
        with transaction(engine) as connection:
            periodic.establish(connection, sources.planned(settings))
        with reading(engine) as connection:
            rules.append(connection.execute(text("SELECT cron FROM schedule WHERE kind = 'poll'")).scalar_one())
    assert [rule.partition(" +")[0] for rule in rules] == ["every 15m", "every 1h", "every 30m"]


def test_a_changed_file_is_read_once_it_stands_still(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(table("acme", "http://127.0.0.1:9/v1"))
    switched = Switched(Settings(_env_file=None, home=tmp_path, sources=file))
    with transaction(engine) as connection:
        switched.establish(connection)
    file.write_text(table("acme", "http://127.0.0.1:9/v1") + table("other", "http://127.0.0.1:9/v1"))
    switched.look(engine)
    assert set(switched) == {"greenhouse:acme"}
    switched.look(engine)
    assert set(switched) == {"greenhouse:acme", "greenhouse:other"}
    assert schedules(engine) == {"poll greenhouse:acme", "poll greenhouse:other"}


@pytest.mark.parametrize("broken", ["[[greenhouse]\n", "[[greenhouse]]\n", "[[nobody]]\n", None])
def test_a_file_that_is_broken_leaves_the_old_one_serving_and_is_told(
    engine: Engine, tmp_path: Path, broken: str | None
) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(table("acme", "http://127.0.0.1:9/v1"))
    switched = Switched(Settings(_env_file=None, home=tmp_path, sources=file))
    with transaction(engine) as connection:
        switched.establish(connection)
    file.unlink() if broken is None else file.write_text(broken)
    looks(switched, engine)
    assert set(switched) == {"greenhouse:acme"}
    assert schedules(engine) == {"poll greenhouse:acme"}
    with reading(engine) as connection:
        [told] = standing.sources(connection)
    assert told.name == "sources.toml"
    assert str(file) in told.refused
    assert told.refused.endswith("; meanwhile it is as it was before")
    file.write_text(table("other", "http://127.0.0.1:9/v1"))
    looks(switched, engine)
    assert set(switched) == {"greenhouse:other"}
    with reading(engine) as connection:
        assert standing.sources(connection) == []


def test_the_fault_of_a_board_that_is_named_no_more_is_told_no_more(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    settings = Settings(_env_file=None, home=tmp_path, sources=file)
    file.write_text(table("acme", "http://127.0.0.1:9/v1") + table("acmee", "http://127.0.0.1:9/v1"))
    with transaction(engine) as connection:
        periodic.establish(connection, sources.planned(settings))
        for name in ("greenhouse:acme", "greenhouse:acmee"):
            polled.begin(connection, name)
        polled.advance(connection, "greenhouse:acme", before={}, after={"at": "1"}, bad=[])
        for name in ("greenhouse:acme", "greenhouse:acmee"):
            polled.refuse(connection, name, "no such board")
    file.write_text("")
    with transaction(engine) as connection:
        periodic.establish(connection, sources.planned(settings))
    with reading(engine) as connection:
        [left] = polled.listed(connection)
    assert (left.name, left.refused, left.cursor) == ("greenhouse:acme", None, {"at": "1"})


def looks(switched: Switched, engine: Engine) -> None:
    """Let two turns go by: a file is read when it stands still."""
    switched.look(engine)
    switched.look(engine)


@contextmanager
def silent() -> Iterator[tuple[str, list[socket.socket]]]:
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
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", kept
        for connection in kept:
            connection.close()


def test_a_board_that_hangs_delays_no_hint_and_no_other_source(
    tmp_path: Path, database: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sources.toml"
    monkeypatch.setenv("METIER_SOURCES", str(file))
    with silent() as (url, hanging), FakeGreenhouse(at_greenhouse(1)) as fake, Redis.from_url(broker) as queue:
        file.write_text("".join(table(f"hung{n}", f"{url}/v1") for n in range(6)) + table("acme", fake.url))
        with scheduler(tmp_path, database, broker):
            assert soon(lambda: len(fake.log) == 1), "the board that answers is polled"
            assert soon(lambda: queue.llen("tag") == 1)
            assert soon(lambda: len(hanging) == 6)
            for number in range(5):  # the others hang all the while: their time limit is a minute
                queue.delete("tag")  # nobody works here, and the relay sends no more than a few ahead
                began = time.monotonic()
                (tmp_path / "inbox" / f"{number}.csv").write_text(f"id,title\n{number},Nurse\n")
                assert soon(lambda: queue.llen("tag") == 1)
                assert time.monotonic() - began < 20, "a file is seen within its period, its hint at once"
        assert events(tmp_path, "poll failed") == 0


def test_the_scheduler_notices_a_board_that_is_named_while_it_runs(
    tmp_path: Path, sqlite_database: str, broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sources.toml"
    monkeypatch.setenv("METIER_SOURCES", str(file))
    with FakeGreenhouse(at_greenhouse(1), at_greenhouse(2)) as fake:
        file.write_text("")
        with scheduler(tmp_path, sqlite_database, broker):
            assert soon(lambda: events(tmp_path, "scheduler started") == 1)
            file.write_text("[[greenhouse]\n")
            assert soon(lambda: events(tmp_path, "sources.toml is wrong, the one before goes on") == 1)
            assert not fake.log
            file.write_text(table("acme", fake.url))
            assert soon(lambda: len(fake.log) == 1)
