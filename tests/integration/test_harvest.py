"""A harvest brings every labelled job once, over kills and days, and is divided by time."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from metier.errors import ConfigError, SourceUnavailable
from scheduler.harvest import Order, Progress, balanced, divide, full, gather
from scheduler.ledger import Ledger
from scheduler.reliefweb import Service, written
from scheduler.sources.polite import Limits
from tests.fakes.reliefweb import APPNAME, CATEGORIES, FakeReliefWeb, a_job
from tests.fakes.served import Fault
from tests.servers import REPOSITORY

SINCE, UNTIL = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 7, 1, tzinfo=UTC)
ORDER = Order(written(SINCE), written(UNTIL))


def created(number: int, at: datetime, **fields: Any) -> dict[str, Any]:  # any JSON
    moment = written(at)
    return a_job(number, date={"created": moment, "changed": moment}, **fields)


@pytest.fixture
def fake() -> Iterator[FakeReliefWeb]:
    jobs = [created(n, SINCE + timedelta(hours=n * 4), status="expired") for n in range(1, 1001)]
    outside = [created(5001, SINCE - timedelta(seconds=1)), created(5002, UNTIL)]
    with FakeReliefWeb([*jobs, *outside]) as made:
        yield made


def service(fake: FakeReliefWeb, database: str, *, daily: int = 1000) -> Service:
    ledger = Ledger(database, "reliefweb", daily=daily)
    return Service(fake.url, APPNAME, spend=ledger.spend, limits=Limits(pace=timedelta(0)), page=100)


def gathered(fake: FakeReliefWeb, database: str, folder: Path, *, daily: int = 1000) -> Progress:
    return gather(service(fake, database, daily=daily), folder, ORDER, advance=lambda rows: None)


def part(folder: Path, name: str) -> list[dict[str, Any]]:  # any JSON
    return [json.loads(line) for line in (folder / f"{name}.jsonl").read_text().splitlines()]


def test_all_jobs_between_two_days_are_divided_by_time(
    fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "set"
    assert (gathered(fake, sqlite_database, folder).rows, gathered(fake, sqlite_database, folder).done) == (1000, True)
    divided = divide(folder, full)
    parts = {name: part(folder, name) for name in ("train", "validation", "test")}
    assert [len(rows) for rows in parts.values()] == [800, 100, 100]
    assert parts["train"][-1]["created"] < parts["validation"][0]["created"]
    assert parts["validation"][-1]["created"] < parts["test"][0]["created"]
    assert sorted(int(row["id"]) for rows in parts.values() for row in rows) == list(range(1, 1001))
    first = parts["train"][0]
    assert (first["label"], first["origin"], first["language"]) == ("administration-finance", "source", "en")
    flagged = {row["id"] for rows in parts.values() for row in rows if row["machine_labelled"]}
    assert flagged == {
        str(n) for n in range(1, 1001) if SINCE + timedelta(hours=n * 4) >= datetime(2024, 4, 19, tzinfo=UTC)
    }
    assert sum(divided.machine.values()) == len(flagged) > 0


def test_jobs_of_one_moment_stay_in_one_part(fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path) -> None:
    fake.jobs = {n: created(n, SINCE + timedelta(days=n // 60)) for n in range(1, 301)}
    gathered(fake, sqlite_database, tmp_path / "set")
    divide(tmp_path / "set", full)
    seen = [{row["created"] for row in part(tmp_path / "set", name)} for name in ("train", "validation", "test")]
    assert sum(map(len, seen)) == len(set().union(*seen))


def test_a_balanced_set_has_as_many_rows_of_each_label(
    fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path
) -> None:
    for number in range(1, 500):
        fake.jobs[number]["career_categories"] = [{"id": 1, "name": CATEGORIES[0]}]
    gathered(fake, sqlite_database, tmp_path / "set")
    divide(tmp_path / "set", balanced)
    labels = Counter(row["label"] for row in part(tmp_path / "set", "train"))
    assert len(labels) == len(CATEGORIES)
    assert len(set(labels.values())) == 1
    kept = part(tmp_path / "set", "train")
    divide(tmp_path / "set", balanced)
    assert part(tmp_path / "set", "train") == kept


@pytest.mark.parametrize(
    "odd", [[], [{"name": "Other"}, {"name": "Logistics/Procurement"}], None, "Other", [{"name": 3}]]
)
def test_a_job_without_one_clear_label_is_left_out(
    fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path, odd: object
) -> None:
    fake.jobs[7]["career_categories"] = odd
    progress = gathered(fake, sqlite_database, tmp_path / "set")
    assert (progress.rows, progress.unclear) == (999, 1)


def test_a_harvest_goes_on_where_the_quota_of_a_day_or_a_fault_ended_it(
    fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceUnavailable, match="used up"):
        gathered(fake, sqlite_database, tmp_path / "set", daily=4)
    assert len(fake.log) == 4
    with (tmp_path / "set" / "rows.jsonl").open("a") as file:
        file.write('{"half a ro')
    fake.faults.extend([None, Fault(cut=30)])
    with pytest.raises(SourceUnavailable, match="cut"):
        gathered(fake, sqlite_database, tmp_path / "set")
    gathered(fake, sqlite_database, tmp_path / "set")
    divide(tmp_path / "set", full)
    found = [row["id"] for name in ("train", "validation", "test") for row in part(tmp_path / "set", name)]
    assert found == [str(number) for number in range(1, 1001)]


def test_a_folder_holds_one_harvest_and_nothing_else(fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path) -> None:
    gathered(fake, sqlite_database, tmp_path / "set")
    asked = service(fake, sqlite_database)
    with pytest.raises(ConfigError, match="repeat that, or name another folder"):
        gather(asked, tmp_path / "set", Order(ORDER.since, ORDER.since), advance=lambda rows: None)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.doc").touch()
    with pytest.raises(ConfigError, match="a folder of its own"):
        gather(asked, tmp_path / "mine", ORDER, advance=lambda rows: None)
    (tmp_path / "set" / "harvest.json").write_text(
        (tmp_path / "set" / "harvest.json").read_text().replace('"done": true', '"done": false')
    )
    (tmp_path / "set" / "rows.jsonl").write_text("")
    with pytest.raises(ConfigError, match="has lost rows"):
        gathered(fake, sqlite_database, tmp_path / "set")


def test_the_command_killed_in_the_middle_brings_every_row_once(
    fake: FakeReliefWeb, sqlite_database: str, tmp_path: Path
) -> None:
    fake.publish(*(created(n, SINCE + timedelta(hours=1, seconds=n)) for n in range(10_000, 13_000)))
    words = ["harvest", "reliefweb", "--since", "2024-01-01", "--until", "2024-07-01", "--json", "--output"]
    own = {"DATABASE_URL": sqlite_database, "RELIEFWEB_URL": fake.url, "RELIEFWEB_APPNAME": APPNAME}
    variables = os.environ | {f"METIER_{name}": value for name, value in own.items()}
    command = [sys.executable, "-m", "console.cli.main", *words, str(tmp_path / "set")]
    running = subprocess.Popen(command, cwd=REPOSITORY, env=variables, stdout=subprocess.DEVNULL)
    fake.before = lambda call: os.kill(running.pid, signal.SIGKILL) if call == 4 else None
    assert running.wait(60) == -signal.SIGKILL
    ran = subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["rows"] == 4000
    assert "measures that machine" in ran.stderr
    found = [int(row["id"]) for name in ("train", "validation", "test") for row in part(tmp_path / "set", name)]
    assert sorted(found) == [*range(1, 1001), *range(10_000, 13_000)]
    taxonomy = json.loads((tmp_path / "set" / "taxonomy.json").read_text())
    assert {"code": "human-resources", "name": "Human Resources"} in taxonomy
