"""Files that mean harm end as a line that says so, in bounded time and memory, and stop no other file."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from metier.errors import Rejected
from scheduler.parsing import Limits, Parser, ParserDied
from scheduler.poll import poll
from scheduler.sources.cvs import called, folder_of_cvs
from scheduler.work import Counts
from storage import sources
from storage.engine import Engine, create, reading
from tests.fakes import cv_files, hostile_files
from tests.fakes.cv_files import TEXT, docx, pdf

LIMITS = Limits(memory=2 * 2**30, patience=20)
SEEDS = [
    TEXT.encode(), pdf(TEXT.splitlines()), docx(TEXT.splitlines()), cv_files.json_resume(), cv_files.europass_xml(),
    cv_files.europass_candidate(), cv_files.europass_json(), cv_files.linkedin_zip(),
    cv_files.list_of_cvs([{"position": "Buyer", "organization": "Acme", "startDate": "2019", "status": "ACTIVE"}]),
]  # fmt: skip


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    made = create(sqlite_database)
    yield made
    made.dispose()


def test_each_hostile_file_is_set_aside_and_the_good_one_beside_them_is_read(engine: Engine, tmp_path: Path) -> None:
    shelf = tmp_path / "cvs"
    shelf.mkdir()
    names = {called("good.docx"): "good.docx"}
    for name, content in hostile_files.each():
        (shelf / name).write_bytes(content)
        names[called(name)] = name
    (shelf / "good.docx").write_bytes(hostile_files.macros())
    before = psutil.Process().memory_info().rss
    source = folder_of_cvs(shelf, settle=timedelta(seconds=5), wait=lambda seconds: None)
    for _ in range(3):  # what ends its reader is tried three times
        poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())
    grown = psutil.Process().memory_info().rss - before
    with reading(engine) as connection:
        state = sources.find(connection, "cvs")
        titles = connection.exec_driver_sql("SELECT title FROM posting").scalars().all()
    assert state is not None
    assert [names[id_] for id_, place in state.cursor.items() if not place["done"]] == []
    assert "Head of Procurement" in titles
    assert not any("root:" in title for title in titles)
    assert state.bad == len(names) - 1
    assert grown < 60 * 2**20


def test_a_hostile_file_gives_no_position_and_says_why(tmp_path: Path) -> None:
    path = tmp_path / "cv"
    said = {}
    for name, content in hostile_files.each():
        path.write_bytes(content)
        with Parser("cvs", LIMITS) as parser:
            try:
                rows = [page for page in parser.pages(path, source="cvs") if page.postings]
                said[name] = f"gave {len(rows)} pages"
            except (Rejected, ParserDied) as error:
                said[name] = str(error).replace(str(path), "cv")
    assert {name: reason for name, reason in said.items() if reason.startswith("gave") or len(reason) > 200} == {}
    assert {name for name, reason in said.items() if "entities" in reason} == {
        "laughs.xml", "laughs.docx", "outside.xml", "outside.docx",
    }  # fmt: skip


def test_fuzzed_files_end_as_positions_or_rejections(tmp_path: Path) -> None:
    endure(tmp_path, count=800)


@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_ten_thousand_fuzzed_files_end_as_positions_or_rejections(tmp_path: Path) -> None:
    endure(tmp_path, count=10_000)


def endure(folder: Path, *, count: int) -> None:
    before = psutil.Process().memory_info().rss
    told: list[str] = []
    outcomes = {"read": 0, "rejected": 0, "died": 0}
    with Parser("cvs", LIMITS) as parser:
        for number, content in enumerate(hostile_files.fuzzed(SEEDS, count=count, seed=count)):
            path = folder / f"{number}.txt"
            path.write_bytes(content)
            try:
                list(parser.pages(path, source="cvs"))
                outcomes["read"] += 1
            except Rejected as error:
                outcomes["rejected"] += 1
                told.append(str(error))
            except ParserDied:
                outcomes["died"] += 1
            path.unlink()
    assert sum(outcomes.values()) == count
    assert [message for message in told if "Quenneville" in message or "cannot be read (" in message] == []
    assert outcomes["read"] > 0
    assert outcomes["rejected"] > 0
    assert outcomes["died"] <= count // 500
    assert psutil.Process().memory_info().rss - before < 60 * 2**20
