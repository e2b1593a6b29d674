"""One job at ReliefWeb, on a board and on a saved page of LinkedIn is one cluster, by real polls and a real worker."""

import html
from datetime import timedelta
from pathlib import Path

import pytest

from scheduler.ledger import Ledger
from scheduler.sources import Source
from scheduler.sources.greenhouse import Greenhouse, GreenhouseBoard
from scheduler.sources.linkedin import saved
from scheduler.sources.reliefweb import ReliefWeb
from storage import cluster_lists
from storage.engine import Engine, reading
from tests.fakes.boards import FakeGreenhouse, at_greenhouse
from tests.fakes.linkedin import Job, job_page
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job
from tests.integration.board_polls import polled
from tests.integration.worker_world import a_world

TITLE, COMPANY, PLACE = "Water Engineer", "River Aid", "Juba, South Sudan"
INTRODUCTION = (
    "River Aid digs and mends wells with the people who drink from them, in four provinces and since eleven years. "
    "The engineer plans the works of a team of nine, answers for their quality and trains those who will keep the "
    "pumps going once we have left."
)
DUTIES = (
    "survey springs, wells and pipes together with the committees of the villages",
    "draw up bills of quantities and follow the works of contractors day by day",
    "test what comes out of the tap, write down the results and act on them",
    "report each month to the coordinator of the province and to two donors",
)


def as_markdown() -> str:
    return f"**About us**\n\n{INTRODUCTION}\n\n**Duties**\n\n" + "\n".join(f"* {duty}" for duty in DUTIES)


def as_html() -> str:
    items = "".join(f"<li>{duty}</li>" for duty in DUTIES)
    return f"<p><strong>About us</strong></p><p>{INTRODUCTION}</p><p><b>Duties</b></p><ul>{items}</ul>"


def another(number: int) -> str:
    return f"<p>You greet guests of house {number}.</p>" + "".join(
        f"<p>On day {day * number} you set table {day + number} for {day * 7 + number} guests.</p>" for day in range(30)
    )


def compared(engine: Engine) -> bool:
    with reading(engine) as connection:
        return cluster_lists.waiting(connection) == 0


@pytest.mark.timeout(300)
def test_one_job_on_three_sources_is_one_cluster(database: str, broker: str, tmp_path: Path) -> None:
    shelf = tmp_path / "linkedin"
    shelf.mkdir()
    (shelf / "job.html").write_text(
        job_page(Job(70_000_001, TITLE, COMPANY, PLACE, body=f"{as_html()}<p>Apply with one click.</p>"))
    )
    relief = a_job(
        1, title=TITLE, body=as_markdown(), source=[{"id": 1, "name": COMPANY}], city=[{"id": 7, "name": "Juba"}]
    )
    boards = [at_greenhouse(1, title=TITLE, location={"name": PLACE}, content=html.escape(as_html()))]
    others = enumerate(("Waiter", "Night Porter"), start=2)  # of one text, but not one job
    boards += [at_greenhouse(number, title=title, content=html.escape(another(number))) for number, title in others]
    with (
        a_world(database, broker, tmp_path) as world, FakeReliefWeb([relief]) as fake, FakeGreenhouse(*boards) as green,
    ):  # fmt: skip
        world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "2")
        found: list[Source] = [
            ReliefWeb(f"{fake.root}/v2", APPNAME, ledger=Ledger(database, "reliefweb", daily=10)),
            Greenhouse(
                GreenhouseBoard(token="acme", url=f"{green.root}/v1", company=COMPANY),
                ledger=Ledger(database, "greenhouse", daily=10),
            ),
            saved(shelf, settle=timedelta(0)),
        ]
        assert [polled(world.engine, source).ingested.new for source in found] == [1, 3, 1]
        world.until(lambda: world.states() == {"done": 5}, seconds=120)
        world.until(lambda: compared(world.engine), seconds=60)
        with reading(world.engine) as connection:
            [cluster] = cluster_lists.largest(connection, most=10)
            members = cluster_lists.members(connection, cluster.cluster, most=10)
    assert (cluster.postings, cluster.title, cluster.company) == (3, TITLE, COMPANY)
    assert {member.ref.partition(":")[0] for member in members} == {"reliefweb", "greenhouse", "linkedin"}
