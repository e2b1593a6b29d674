"""The watched folder: what is dropped is read once, what is being written is left alone, what is bad is set aside."""

import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from sqlalchemy import text

from metier.errors import SourceUnavailable
from metier.types import Lane
from scheduler import parsing
from scheduler.parsing import Parser, ParserDied
from scheduler.poll import Polled, poll
from scheduler.sources import Page
from scheduler.sources.files import tables
from scheduler.work import Counts
from storage import sources
from storage.engine import Engine, create, reading
from storage.postings import Ingested
from tests.servers import REPOSITORY


@pytest.fixture
def engine(sqlite_database: str) -> Iterator[Engine]:
    made = create(sqlite_database)
    yield made
    made.dispose()


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return folder


def table(path: Path, *titles: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["id,title", *(f"{n},{title}" for n, title in enumerate(titles))]) + "\n")
    return path


def polled(engine: Engine, inbox: Path, *, wait: Callable[[float], None] = lambda seconds: None) -> Polled:
    source = tables(inbox, settle=timedelta(seconds=5), wait=wait)
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def bad(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return [message for state in sources.listed(connection) for message in state.bad_last]


def keys(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.execute(text("SELECT source_key FROM posting ORDER BY source_key")).scalars())


def parsers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "scheduler.parsing" in child.cmdline()]


def test_a_file_is_read_once_however_often_the_folder_is_looked_at(engine: Engine, inbox: Path) -> None:
    table(inbox / "a.csv", "Nurse", "Cook")
    assert polled(engine, inbox).ingested == Ingested(2, 0, 0)
    assert polled(engine, inbox).ingested == Ingested(0, 0, 0)


def test_a_changed_file_is_read_again_and_only_changed_rows_count(engine: Engine, inbox: Path) -> None:
    table(inbox / "a.csv", "Nurse", "Cook")
    polled(engine, inbox)
    table(inbox / "a.csv", "Nurse", "Head Cook", "Baker")
    assert polled(engine, inbox).ingested == Ingested(1, 1, 1)


def test_a_file_replaced_by_one_of_the_same_size_and_age_is_noticed(engine: Engine, inbox: Path) -> None:
    status = table(inbox / "a.csv", "Nurse").stat()
    polled(engine, inbox)
    other = table(inbox / "a.csv.part", "Baker")
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(inbox / "a.csv")
    assert polled(engine, inbox).ingested == Ingested(0, 1, 0)


def test_a_file_that_grows_while_we_look_is_left_for_later(engine: Engine, inbox: Path) -> None:
    path = table(inbox / "a.csv", "Nurse")
    table(inbox / "b.csv", "Cook")

    def grow(seconds: float) -> None:
        with path.open("a") as file:
            file.write("1,half a ti")

    assert polled(engine, inbox, wait=grow).ingested == Ingested(1, 0, 0)
    with path.open("a") as file:
        file.write("tle\n")
    assert polled(engine, inbox).ingested == Ingested(1, 1, 0), "id 0 was a cook in the other file"


def test_files_that_are_not_finished_or_hidden_are_ignored(engine: Engine, inbox: Path) -> None:
    for name in (".hidden.csv", "a.csv.part", "a.csv.tmp", "~$book.xlsx", "a.csv~", ".git/x.csv"):
        table(inbox / name, "Nurse")
    (inbox / "empty.csv").touch()
    assert polled(engine, inbox) == Polled(Ingested(0, 0, 0), 0)


def test_bad_rows_are_named_by_file_and_line_and_the_rest_goes_on(engine: Engine, inbox: Path) -> None:
    (inbox / "a.csv").write_text("id,title\n1,Nurse\n2,\n3,Cook\n")
    assert polled(engine, inbox).ingested.new == 2
    [message] = bad(engine)
    assert message.startswith("a.csv: line 3: no title")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"name,age\nx,1\n", "no column 'title'"),
        ("a.parquet", b"PAR1 but not really", "damaged or cut off"),
        ("a.xlsx", b"PK\x03\x04 no book", "a.xlsx"),
        ("a.xls", b"\xd0\xcf\x11\xe0 old", "save it as .xlsx"),
        ("photo.jpg", b"\xff\xd8\xff", "is no table"),
        ("a.csv.gz", b"\x1f\x8b broken", "a.csv.gz"),
        ("a.json", b"\x00" * 1000, "a.json"),
    ],
)
def test_a_file_that_cannot_be_read_is_said_once_and_stops_no_other(
    engine: Engine, inbox: Path, name: str, content: bytes, said: str
) -> None:
    (inbox / name).write_bytes(content)
    table(inbox / "good.csv", "Nurse")
    assert polled(engine, inbox).ingested.new == 1
    messages = bad(engine)
    assert any(said in message for message in messages), messages
    assert not any(str(inbox) in message for message in messages)
    assert polled(engine, inbox) == Polled(Ingested(0, 0, 0), 0)


def test_the_same_id_in_two_subfolders_is_two_postings(engine: Engine, inbox: Path) -> None:
    table(inbox / "acme" / "jobs.csv", "Nurse")
    table(inbox / "other" / "jobs.csv", "Cook")
    table(inbox / "jobs.csv", "Baker")
    polled(engine, inbox)
    assert keys(engine) == ["0", "acme/0", "other/0"]


def test_a_compressed_file_and_an_odd_name_are_read(engine: Engine, inbox: Path) -> None:
    with gzip.open(inbox / "ünï 'code'.csv.gz", "wt") as file:
        file.write("id,title\n1,Nurse\n")
    Path(os.fsdecode(os.fsencode(str(inbox)) + b"/byte\xff.csv")).write_text("id,title\n2,Cook\n")
    polled(engine, inbox)
    assert keys(engine) == ["1", "2"]
    assert polled(engine, inbox).ingested == Ingested(0, 0, 0)


def test_a_spreadsheet_and_a_parquet_file_are_read_within_the_limits(engine: Engine, inbox: Path) -> None:
    import pyarrow
    import pyarrow.parquet
    from openpyxl import Workbook

    book = Workbook()
    for row in (["id", "title"], ["x1", "Nurse"], ["x2", None]):
        book.active.append(row)
    book.save(inbox / "a.xlsx")
    columns = {"id": [f"p{n}" for n in range(3000)], "title": ["Cook"] * 3000}
    pyarrow.parquet.write_table(pyarrow.table(columns), inbox / "b.parquet")
    found = polled(engine, inbox)
    assert (found.ingested.new, found.bad) == (3001, 1), bad(engine)


def test_the_first_rows_of_a_large_file_are_live_and_the_rest_is_backfill(engine: Engine, inbox: Path) -> None:
    table(inbox / "a.csv", *(f"Nurse {n}" for n in range(3500)))
    pages = list(tables(inbox, settle=timedelta(0)).pages({}))
    assert [page.lane for page in pages] == [Lane.LIVE, Lane.LIVE, Lane.BACKFILL, Lane.BACKFILL]


def test_a_folder_that_is_not_there_is_a_failure_that_says_what_to_do(engine: Engine, inbox: Path) -> None:
    with pytest.raises(SourceUnavailable, match="METIER_INBOX"):
        polled(engine, inbox / "absent")


def test_a_removed_file_is_forgotten(engine: Engine, inbox: Path) -> None:
    path = table(inbox / "a.csv", "Nurse")
    polled(engine, inbox)
    path.unlink()
    table(inbox / "b.csv", "Cook")
    polled(engine, inbox)
    with reading(engine) as connection:
        assert list(sources.listed(connection)[0].cursor) == ["b.csv"]


def test_a_file_that_kills_its_parser_is_set_aside_after_three_tries(inbox: Path) -> None:
    table(inbox / "big.csv", *(f"Nurse {n}" for n in range(200_000)))
    os.utime(inbox / "big.csv", (0, 0))
    table(inbox / "small.csv", "Cook")
    source = tables(inbox, settle=timedelta(0))
    cursor: Mapping[str, Any] = {}
    found: list[Page] = []
    for tries in range(1, 4):
        pages = source.pages(cursor)
        found.append(next(pages))
        parsers()[0].kill()
        found += pages
        cursor = found[-1].cursor
        assert cursor["big.csv"]["tries"] == tries
        assert cursor["small.csv"]["done"], "the other file is read all the same"
    assert any("set aside after 3 tries" in reason for page in found for reason in page.bad)
    assert list(source.pages(cursor)) == []
    rows = [posting.key for page in found for posting in page.postings if posting.title != "Cook"]
    assert rows == [str(n) for n in range(len(rows))], "each try went on where the last one ended"


def test_the_parser_dies_with_the_process_that_reads(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", *(f"Nurse {n}" for n in range(50_000)))
    code = (
        "import sys, time; from pathlib import Path; from scheduler.parsing import Parser; p = Parser('tabular'); "
        f"next(p.pages(Path({str(path)!r}), source='files')); print(p._child.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=REPOSITORY, stdout=subprocess.PIPE) as reader:
        assert reader.stdout is not None
        pid = int(reader.stdout.readline())
        reader.send_signal(signal.SIGKILL)
    until = time.monotonic() + 10
    while psutil.pid_exists(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not psutil.pid_exists(pid)


def test_a_parser_whose_page_takes_too_long_ends_itself(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "never.csv")
    with Parser("tabular") as parser:
        list(parser.pages(table(tmp_path / "a.csv", "Nurse"), source="files"))
        parsers()[0].send_signal(signal.SIGALRM)
        with pytest.raises(ParserDied, match=f"longer than {parsing.PATIENCE} s"):
            list(parser.pages(tmp_path / "never.csv", source="files"))


def test_many_small_tables_are_saved_together(engine: Engine, inbox: Path) -> None:
    for number in range(250):
        table(inbox / str(number) / "a.csv", f"Nurse {number}")
    pages = list(tables(inbox, settle=timedelta(seconds=5), wait=lambda seconds: None).pages({}))
    assert [len(page.postings) for page in pages] == [100, 100, 50]
    assert polled(engine, inbox).ingested == Ingested(250, 0, 0)
    assert polled(engine, inbox).ingested == Ingested(0, 0, 0)


def test_tables_of_long_texts_are_not_held_back_until_there_are_many(inbox: Path) -> None:
    for number in range(6):
        (inbox / f"{number}.csv").write_text(f"id,title,body\n{number},Nurse,{'word ' * 160_000}\n")
    pages = list(tables(inbox, settle=timedelta(seconds=5), wait=lambda seconds: None).pages({}))
    assert [len(page.postings) for page in pages] == [3, 3]


def test_the_end_of_a_large_table_does_not_go_with_a_new_one(inbox: Path) -> None:
    table(inbox / "a.csv", *(f"Nurse {number}" for number in range(2500)))
    table(inbox / "late" / "b.csv", "Cook")
    os.utime(inbox / "a.csv", (1, 1))
    pages = list(tables(inbox, settle=timedelta(seconds=5), wait=lambda seconds: None).pages({}))
    assert [(len(page.postings), page.lane) for page in pages] == [
        (1000, Lane.LIVE), (1000, Lane.LIVE), (500, Lane.BACKFILL), (1, Lane.LIVE),
    ]  # fmt: skip
