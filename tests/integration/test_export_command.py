"""`metier export`: every change exactly once, in files that grow, whatever is killed when."""

import csv
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from console.exporting import Growing, Page, Wanted
from storage import outbox
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting, a_title
from tests.integration.rows import ingest, tag, work
from tests.integration.system import METIER, Home


def change(connected: Engine, *keys: str) -> None:
    tag(connected, *ingest(connected, *(a_posting(f"Nurse {key}", key=key, source="feed") for key in keys)))


def read(file: Path) -> list[tuple[int, str]]:
    """Return seq and key of the rows of a file."""
    rows: list[dict[str, Any]]
    if file.suffix == ".parquet":
        rows = parquet.read_table(file).to_pylist()
    elif file.suffix == ".csv":
        with file.open(newline="") as opened:
            rows = list(csv.DictReader(opened))
    elif file.suffix == ".xlsx":
        from openpyxl import load_workbook

        head, *cells = load_workbook(file).active.values
        rows = [dict(zip(head, row, strict=True)) for row in cells]
    else:
        rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [(int(row["seq"]), row["key"]) for row in rows]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet", ".xlsx"])
def test_a_repeated_export_goes_on_where_the_last_one_ended(
    home: Home, connected: Engine, tmp_path: Path, suffix: str
) -> None:
    out = tmp_path / f"changes{suffix}"
    change(connected, "a", "b")
    assert home.answer("export", str(out)) == {"written": 2, "cursor": 2, "out": str(out)}
    assert home.answer("export", str(out))["written"] == 0
    change(connected, "c")
    assert home.answer("export", str(out))["cursor"] == 3
    assert read(out) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_file_that_was_taken_away_begins_with_what_is_new(home: Home, connected: Engine, tmp_path: Path) -> None:
    for suffix in (".jsonl", ".parquet"):
        out = tmp_path / f"changes{suffix}"
        change(connected, f"a{suffix}")
        home.metier("export", str(out))
        shutil.move(out, tmp_path / f"taken{suffix}")
        change(connected, f"b{suffix}")
        home.metier("export", str(out))
        assert [key for _, key in read(out)] == [f"b{suffix}"]


def test_a_full_disk_is_said_and_the_next_export_brings_the_rest(home: Home, connected: Engine, tmp_path: Path) -> None:
    change(connected, *map(str, range(300)))
    home.metier("export", "-")  # numbers the changes, which writes to the database
    out = tmp_path / "changes.jsonl"
    ran = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", *METIER, "export", str(out)],
        env=home.environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "no room on the disk" in ran.stderr
    assert "export again" in ran.stderr
    home.metier("export", str(out))
    assert [seq for seq, _ in read(out)] == list(range(1, 301))


def test_a_cursor_that_lies_ahead_of_the_database_is_refused(home: Home, connected: Engine, tmp_path: Path) -> None:
    out = tmp_path / "changes.jsonl"
    change(connected, "a")
    home.metier("export", str(out))
    for words in (["-", "--since", "2"], [str(out), "--since", "2"]):
        ran = home.metier("export", *words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "--since 2: the last change of this database is 1" in ran.stderr
    assert read(out) == [(1, "a")]
    marker = tmp_path / "changes.jsonl.cursor"
    marker.write_text(marker.read_text().replace('"cursor": 1', '"cursor": 9'))
    ran = home.metier("export", str(out))
    assert ran.returncode == 2
    assert "changes.jsonl.cursor: the last change of this database is 1, the cursor is at 9" in ran.stderr


def test_filters_pass_what_they_name_and_the_cursor_moves_on(home: Home, connected: Engine, tmp_path: Path) -> None:
    change(connected, "a")
    tag(connected, *ingest(connected, a_title("Koch", key="t", source="cvs", language="de")))
    for words, expected in (
        (["--kind", "title"], ["t"]),
        (["--source", "feed"], ["a"]),
        (["--language", "de"], ["t"]),
        (["--language", "fr"], []),
    ):
        ran = home.metier("export", "-", *words)
        assert [json.loads(line)["key"] for line in ran.stdout.splitlines()] == expected
        assert "cursor 2" in ran.stderr
    (told,) = home.metier("export", "-", "--since", "1").stdout.splitlines()
    assert json.loads(told)["tags"] == {"seniority": [{"code": "senior", "score": 0.9, "sure": True}]}
    (told,) = home.metier("export", "-", "--since", "1", "--taxonomy", "career").stdout.splitlines()
    assert json.loads(told)["tags"] == {}


def test_a_language_that_was_read_is_chosen_as_it_is_shown(home: Home, connected: Engine) -> None:
    spoken = "Wir suchen für unser Team eine Person, die mit uns die Zahlen des Monats prüft und nicht müde wird. " * 3
    stated = a_posting("Controller", key="stated", source="feed", body=spoken, language="fr")
    ingest(connected, a_posting("Controller", key="read", source="feed", body=spoken), stated)
    work(connected)
    for language, expected in (("de", ["read"]), ("fr", ["stated"]), ("en", [])):
        ran = home.metier("export", "-", "--language", language)
        told = [json.loads(line) for line in ran.stdout.splitlines()]
        assert [row["key"] for row in told if row["event"] == "tagged"] == expected
        assert {row["language"] for row in told} <= {language}


def test_what_a_killed_run_wrote_beyond_its_mark_is_written_once(connected: Engine, tmp_path: Path) -> None:
    change(connected, "a", "b", "c")
    with transaction(connected) as connection:
        outbox.number(connection)
    with reading(connected) as connection:
        changes = outbox.read(connection, 0, 10)
    out = tmp_path / "changes.jsonl"
    growing = Growing(out, ["seniority"]).begin(None)
    growing.add(Page(changes[:1]), Wanted())
    growing.finish()
    marked = (tmp_path / "changes.jsonl.cursor").read_text()
    growing = Growing(out, ["seniority"]).begin(None)
    growing.add(Page(changes[1:]), Wanted())
    growing.finish()
    (tmp_path / "changes.jsonl.cursor").write_text(marked)  # as if killed between the rows and the mark
    growing = Growing(out, ["seniority"]).begin(None)
    assert growing.cursor == 1
    growing.add(Page(changes[1:]), Wanted())
    growing.finish()
    assert read(out) == [(1, "a"), (2, "b"), (3, "c")]


def test_a_table_without_changes_has_the_types_of_one_with_some(home: Home, connected: Engine, tmp_path: Path) -> None:
    home.metier("export", str(tmp_path / "none.parquet"))
    change(connected, "a")
    home.metier("export", str(tmp_path / "some.parquet"))
    assert parquet.read_schema(tmp_path / "none.parquet").types == parquet.read_schema(tmp_path / "some.parquet").types


def test_a_cell_that_begins_like_a_formula_is_text(home: Home, connected: Engine, tmp_path: Path) -> None:
    tag(connected, *ingest(connected, a_posting("=cmd()", key="a")))
    out = tmp_path / "changes.csv"
    home.metier("export", str(out))
    assert "'=cmd()" in out.read_text()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["changes.doc"], "no format"),
        (["-", "--taxonomy", "star-sign"], "use career"),
        (["there.jsonl"], "no export of ours"),
        (["-", "--kind", "cv"], "use posting or title"),
    ],
)
def test_wrong_use_says_what_is_right(tmp_path: Path, sqlite_database: str, words: list[str], says: str) -> None:
    (tmp_path / "there.jsonl").write_text("{}\n")
    ran = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database}).metier("export", *words)
    assert ran.returncode in (1, 2)
    assert says in ran.stderr
    assert (tmp_path / "there.jsonl").read_text() == "{}\n"
