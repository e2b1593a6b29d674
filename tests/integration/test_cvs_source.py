"""A folder of CVs: positions with dates come in, edits are noticed, what is removed is gone, and nobody is named."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from console.people import of_postings, person
from metier.example_keys import key
from metier.types import Kind, Posting
from scheduler.forget import Forget
from scheduler.poll import Polled, poll
from scheduler.sources.cvs import called, folder_of_cvs
from scheduler.work import Counts, Work
from storage import erasing, positions, postings, schedule, sources
from storage.engine import Engine, create, reading, transaction
from storage.postings import Ingested
from tests.fakes import cv_files
from tests.fakes.cv_files import SECRETS, TEXT
from tests.servers import REPOSITORY


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    yield made
    made.dispose()


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    folder = tmp_path / "cvs"
    folder.mkdir()
    return folder


def polled(engine: Engine, shelf: Path) -> Polled:
    source = folder_of_cvs(shelf, settle=timedelta(seconds=5), wait=lambda seconds: None)
    return poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts())


def write(path: Path, content: bytes | str) -> Path:
    partial = path.with_name(f".{path.name}")
    partial.write_bytes(content if isinstance(content, bytes) else content.encode())
    partial.replace(path)
    return path


def asked(engine: Engine, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql), values)]


def titles(engine: Engine) -> list[tuple[str, int, bool]]:
    rows = asked(engine, "SELECT title, revision, gone_at IS NOT NULL FROM posting ORDER BY id")
    return [(title, revision, bool(gone)) for title, revision, gone in rows]


def forget(engine: Engine, rule: Forget) -> None:
    """Run the periodic job once in a slot of its own."""
    every = schedule.Schedule("forget", "forget", "17 3 * * *")
    slot = datetime.now(UTC)
    with transaction(engine) as connection:
        schedule.seed(connection, [every])
        assert schedule.take(connection, "forget", slot, owner="a", lease=60.0)
    work = Work(engine, every, slot, "a", threading.Event())
    work.end(rule.run(work))


def cv(*rows: tuple[str, str, str]) -> str:
    return "Experience\n" + "\n".join(f"{period}  {title}, {firm}" for period, title, firm in rows) + "\n"


def test_a_cv_gives_titles_with_dates_and_the_same_folder_again_gives_nothing(engine: Engine, shelf: Path) -> None:
    write(shelf / "Adalind Quenneville.txt", TEXT)
    assert polled(engine, shelf).ingested == Ingested(3, 0, 0)
    assert polled(engine, shelf).ingested == Ingested(0, 0, 0)
    with reading(engine) as connection:
        [ref] = positions.cvs(connection, most=10)
        held = positions.held(connection, [ref])[ref]
    assert ref == f"cvs:{called('Adalind Quenneville.txt')}"
    assert next((one.title, one.company, one.started, one.ended, one.ongoing) for one in held) == (
        "Head of Procurement", "Northwind Ltd", "2019", "", True,
    )  # fmt: skip


def test_a_mended_title_is_a_revision_an_ended_position_none_and_a_removed_one_is_gone(
    engine: Engine, shelf: Path
) -> None:
    path = write(shelf / "a.txt", cv(("2019 - today", "Byuer", "Acme Ltd"), ("2015 - 2018", "Clerk", "Globex Ltd")))
    # a misspelt title has no word of a job; the firm tells it
    polled(engine, shelf)
    write(path, cv(("2019 - 2024", "Buyer", "Acme Ltd"), ("2025 - today", "Head of Sales", "Initech Ltd")))
    assert polled(engine, shelf).ingested == Ingested(1, 1, 0)
    assert titles(engine) == [("Buyer", 2, False), ("Clerk", 1, True), ("Head of Sales", 1, False)]
    write(path, cv(("2019 - 2023", "Buyer", "Acme Ltd"), ("2015 - 2018", "Clerk", "Globex Ltd")))
    assert polled(engine, shelf).ingested == Ingested(0, 0, 2)
    assert titles(engine) == [("Buyer", 2, False), ("Clerk", 1, False), ("Head of Sales", 1, True)]
    assert asked(engine, "SELECT ended FROM cv_position ORDER BY posting_id")[0] == ("2023",)


def test_positions_of_a_file_that_was_taken_away_are_gone_and_come_back_with_it(engine: Engine, shelf: Path) -> None:
    path = write(shelf / "a.txt", cv(("2019 - today", "Buyer", "Acme Ltd")))
    write(shelf / "b.txt", cv(("2019 - today", "Clerk", "Acme Ltd")))
    polled(engine, shelf)
    path.unlink()
    polled(engine, shelf)
    assert titles(engine) == [("Buyer", 1, True), ("Clerk", 1, False)]
    write(path, cv(("2019 - today", "Buyer", "Acme Ltd")))
    polled(engine, shelf)
    assert titles(engine) == [("Buyer", 1, False), ("Clerk", 1, False)]


def test_labels_of_a_list_become_gold_examples_with_their_titles(engine: Engine, shelf: Path) -> None:
    def people(seniority: str) -> bytes:
        one = {"organization": "Acme", "position": "IT Lead", "startDate": "2019", "status": "ACTIVE"}
        return cv_files.list_of_cvs([one | {"department": "Information Technology", "seniority": seniority}])

    path = write(shelf / "people.json", people("Lead"))
    polled(engine, shelf)
    sql = "SELECT text, taxonomy, code, origin, split, posting_id IS NOT NULL FROM example ORDER BY taxonomy"
    department = ("IT Lead", "department", "information-technology", "gold", "gold", True)
    assert asked(engine, sql) == [department, ("IT Lead", "seniority", "lead", "gold", "gold", True)]
    write(path, people("Senior"))
    polled(engine, shelf)
    assert asked(engine, sql) == [department, ("IT Lead", "seniority", "senior", "gold", "gold", True)]
    [ref] = [ref for [ref] in asked(engine, "SELECT source || ':' || source_key FROM posting")]
    with transaction(engine) as connection:
        erasing.erase(connection, erasing.of_refs(connection, [ref]))
    assert asked(engine, sql) == []


@pytest.mark.parametrize("title", ["IT Lead (m/w/d)", "Leiter*in Einkauf", "Sr. Buyer & Planner", "C++ Developer H/F"])
def test_the_key_of_a_gold_example_is_that_of_every_other_example(engine: Engine, shelf: Path, title: str) -> None:
    one = {"organization": "Acme", "position": title, "startDate": "2019", "status": "ACTIVE", "seniority": "Lead"}
    write(shelf / "people.json", cv_files.list_of_cvs([one]))
    polled(engine, shelf)
    assert asked(engine, "SELECT text_sha FROM example WHERE taxonomy = 'seniority'") == [(key(title),)]


def test_nothing_in_the_database_or_the_log_names_the_person(
    sqlite_database: str, shelf: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    engine = create(sqlite_database)
    for name, content in {
        "Adalind_Quenneville_CV.txt": TEXT.encode(),
        "Quenneville, Adalind.pdf": cv_files.pdf(TEXT.splitlines()),
        "adalind.docx": cv_files.docx(TEXT.splitlines()),
        "adalind.q@example.org.json": cv_files.json_resume(),
        "Adalind.xml": cv_files.europass_xml(),
        "Adalind Quenneville.zip": cv_files.linkedin_zip(),
        "Adalind locked.pdf": b"%PDF-1.4 Adalind Quenneville adalind.q@example.org",
        "Adalind broken.json": b'{"basics": {"name": "Adalind Quenneville", ',
        "Adalind letter.txt": TEXT.replace("EXPERIENCE", "Dear all").replace("20", "19xx").encode(),
        "Adalind people.json": cv_files.list_of_cvs(
            {"name": "Adalind Quenneville", "id": "adalind.q@example.org",
             "positions": [{"position": "Buyer", "organization": "Adalind Quenneville", "startDate": "2019"}, {}]}),
        "Adalind.jpg": b"PHOTOBYTES",
    }.items():  # fmt: skip
        write(shelf / name, content)
    (shelf / "Adalind").mkdir()
    write(shelf / "Adalind" / "cv.txt", TEXT)
    found = polled(engine, shelf)
    assert found.ingested.new >= 15
    assert found.bad >= 4
    engine.dispose()
    whole = b"".join(
        path.read_bytes() for path in Path(sqlite_database.removeprefix("sqlite:///")).parent.glob("*.db*")
    )
    said = "".join(capfd.readouterr()).encode()
    for secret in SECRETS:
        for coding in ("utf-8", "utf-16-le"):
            assert secret.casefold().encode(coding) not in whole.lower() + said.lower(), secret


def tag(engine: Engine, title: str, **codes: str) -> None:
    with transaction(engine) as connection:
        for taxonomy, code in codes.items():
            connection.execute(
                text(
                    "INSERT INTO tag (posting_id, taxonomy, code, revision, score, sure, origin, artifact, evidence, "
                    "tagged_at) SELECT id, :taxonomy, :code, 1, 0.9, :sure, 'model', 'x', '{}', first_seen FROM "
                    "posting WHERE title = :title"
                ),
                {"taxonomy": taxonomy, "code": code, "sure": True, "title": title},
            )


def test_where_a_person_stands_comes_from_the_tags_of_the_positions(engine: Engine, shelf: Path) -> None:
    write(shelf / "a.json", cv_files.json_resume())
    polled(engine, shelf)
    tag(engine, "Head of Procurement", seniority="lead", department="purchasing")
    tag(engine, "Treasurer", seniority="management", department="other")
    with reading(engine) as connection:
        [ref] = positions.cvs(connection, most=10)
        now = person(ref, positions.held(connection, [ref])[ref], today=date(2026, 5, 1))
        [id_] = [id_ for [id_] in asked(engine, "SELECT id FROM posting WHERE title = 'Treasurer'")]
        told = of_postings(connection, [id_], today=date(2026, 5, 1))[id_]
    assert now.seniority is not None
    assert now.department is not None
    assert (now.seniority.code, now.department.code, now.because) == ("lead", "purchasing", "held today")
    assert told == {
        "cv": ref, "started": "2020", "ended": "", "current": True, "side": True, "cv_seniority": "lead",
        "cv_department": "purchasing",
    }  # fmt: skip


def test_titles_of_cvs_that_have_not_come_in_for_long_are_erased_whole(engine: Engine, shelf: Path) -> None:
    write(shelf / "old.txt", cv(("2019 - today", "Buyer", "Acme Ltd"), ("2015 - 2018", "Clerk", "Globex Ltd")))
    write(shelf / "new.txt", cv(("2019 - today", "Nurse", "Acme Ltd"), ("2015 - 2018", "Carer", "Globex Ltd")))
    polled(engine, shelf)
    with transaction(engine) as connection:
        postings.ingest(
            connection, [Posting("feed", "1", "Cook", Kind.POSTING), Posting("list", "1", "Baker", Kind.TITLE)]
        )
        old = "UPDATE posting SET seen_at = '2020-01-01 00:00:00' WHERE title <> 'Nurse'"
        connection.execute(text(old))
    forget(engine, Forget(timedelta(days=7)))
    assert len(titles(engine)) == 6, "off by default"
    forget(engine, Forget(timedelta(days=7), timedelta(days=180)))
    assert [title for title, _, _ in titles(engine)] == ["Nurse", "Carer", "Cook"]
    assert asked(engine, "SELECT count(*) FROM cv_position") == [(2,)]
    assert asked(engine, "SELECT count(*) FROM filed") == [(2,)]


def metier(database: str, shelf: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    own = {"METIER_DATABASE_URL": database, "METIER_CVS": str(shelf), "METIER_HOME": str(shelf.parent)}
    return subprocess.run(
        [sys.executable, "-m", "console.cli.main", *words], cwd=REPOSITORY, capture_output=True, text=True,
        check=False, env=os.environ | own,
    )  # fmt: skip


def test_the_commands_list_show_check_export_and_erase_a_cv(sqlite_database: str, shelf: Path) -> None:
    write(shelf / "a.txt", TEXT)
    write(shelf / "b.txt", "Dear all")
    engine = create(sqlite_database)
    assert "3 postings on the first page" in metier(sqlite_database, shelf, "sources", "check", "cvs").stdout
    assert "3 new" in metier(sqlite_database, shelf, "sources", "poll", "cvs").stdout
    tag(engine, "Head of Procurement", seniority="lead")
    ref = f"cvs:{called('a.txt')}"
    [listed] = json.loads(metier(sqlite_database, shelf, "cv", "list", "--json").stdout)
    assert (listed["cv"], listed["positions"], listed["seniority"]["code"]) == (ref, 3, "lead")
    assert "lead" in metier(sqlite_database, shelf, "cv", "list").stdout
    shown = metier(sqlite_database, shelf, "cv", "show", called("a.txt"))
    assert "held today: Head of Procurement" in shown.stdout
    files = {row["file"]: row for row in json.loads(metier(sqlite_database, shelf, "cv", "files", "--json").stdout)}
    assert files["a.txt"]["id"] == called("a.txt")
    assert "no position with dates" in files["b.txt"]["says"]
    assert metier(sqlite_database, shelf, "cv", "show", "none").returncode == 2
    with transaction(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO outbox (posting_id, revision, kind, payload, at) "
                "SELECT id, 1, 'tagged', '{}', first_seen FROM posting"
            )
        )
    out = shelf.parent / "people.jsonl"
    assert metier(sqlite_database, shelf, "export", str(out), "--cvs").returncode == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert next((row["cv"], row["started"], row["cv_seniority"]) for row in rows) == (ref, "2019", "lead")
    table = shelf.parent / "people.csv"
    assert metier(sqlite_database, shelf, "export", str(table), "--cvs").returncode == 0
    assert "cv_seniority" in table.read_text().splitlines()[0]
    gone = metier(sqlite_database, shelf, "erase", "--cv", ref, "--yes", "--json")
    assert json.loads(gone.stdout)["postings"] == 3
    assert asked(engine, "SELECT count(*) FROM cv_position") == [(0,)]
    assert metier(sqlite_database, shelf, "erase", "--cv", ref, "--yes").returncode == 1
    engine.dispose()


def test_a_table_of_titles_may_say_whose_they_are_and_when(sqlite_database: str, shelf: Path) -> None:
    table = shelf.parent / "positions.csv"
    table.write_text(
        "title,company,start,end,cv\nHead of Sales,Acme,03/2019,,4711\nBuyer jane@x.org,Acme,2015,Feb 2019,4711\n"
        "Nurse,Clinic,2019-05-01,heute,Jane Doe\n"
    )
    ran = metier(sqlite_database, shelf, "ingest", str(table), "--kind", "title", "--source", "people", "--json")
    assert json.loads(ran.stdout)["new"] == 3
    again = metier(sqlite_database, shelf, "ingest", str(table), "--kind", "title", "--source", "people", "--json")
    assert json.loads(again.stdout)["same"] == 3
    engine = create(sqlite_database)
    with reading(engine) as connection:
        refs = positions.cvs(connection, most=10)
        held = positions.held(connection, ["people:4711"])["people:4711"]
    engine.dispose()
    assert len(refs) == 2
    assert not any("ane" in ref for ref in refs)
    assert [(one.title, one.started, one.ended, one.ongoing) for one in held] == [
        ("Head of Sales", "2019-03", "", True), ("Buyer", "2015", "2019-02", False),
    ]  # fmt: skip


def test_what_is_set_aside_is_called_by_a_hash(engine: Engine, shelf: Path) -> None:
    write(shelf / "Adalind.txt", "Dear all")
    polled(engine, shelf)
    with reading(engine) as connection:
        [state] = sources.listed(connection)
    [message] = state.bad_last
    assert message.startswith(f"{called('Adalind.txt')}: no position with dates")


def test_many_small_cvs_make_few_pages(engine: Engine, shelf: Path) -> None:
    for number in range(250):
        write(shelf / f"{number}.txt", cv(("2019 - today", f"Buyer {number}", "Acme Ltd")))
    source = folder_of_cvs(shelf, settle=timedelta(seconds=5), wait=lambda seconds: None)
    assert [len(page.postings) for page in source.pages({})] == [100, 100, 50]
