"""Parquet and XLSX files, pipes, and rows as postings."""

import io
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from metier.errors import BadRow, ConfigError, Rejected
from metier.types import Kind
from scheduler.reading.postings import moment, posting_of, text_of
from scheduler.reading.rows import Row, Truncated
from scheduler.reading.tables import open_table


def a_workbook(path: Path, *sheets: list[list[object]]) -> Path:
    """Save a workbook of these sheets."""
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        assert sheet is not None
        for row in rows:
            sheet.append(row)
    book.save(path)
    book.close()
    return path


def a_row(**values: object) -> Row:
    """Return a row whose columns are called as our fields."""
    return Row(7, values, {name: name for name in values})


def titles(path: Path) -> list[str]:
    """Return the titles of a table without bad rows."""
    with open_table(path) as table:
        return [text_of(row).title for row in table.rows() if isinstance(row, Row)]


def test_a_sheet_with_a_banner_and_empty_rows_is_read_from_its_header_on(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Staff 2024"],
        [],
        [None, "Title", "id", None],
        [None, "Nurse", 1],
        [],
        [None, None, 2],
        [None, "Cook", 3],
    ]
    path = a_workbook(tmp_path / "a.xlsx", rows, [["other"]])
    with open_table(path) as table:
        found = list(table.rows())
        assert table.header == ("column_1", "Title", "id")
        assert table.notes == ("read as XLSX, sheet 'Sheet'", "other sheets are not read: 'Sheet1'")
    assert [row.number for row in found if isinstance(row, Row)] == [4, 6, 7]
    empty = found[1]
    assert isinstance(empty, Row)
    with pytest.raises(BadRow, match="row 6: no title"):
        text_of(empty)


def test_the_sheet_that_has_the_titles_is_found_and_the_others_are_said(tmp_path: Path) -> None:
    read_me: list[list[object]] = [["Read me"], ["This file lists jobs"]]
    path = a_workbook(tmp_path / "a.xlsx", read_me, [["id", "title"], [1, "Nurse"]], [["title"], ["Cook"]])
    with open_table(path) as table:
        assert table.notes[1] == "other sheets are not read: 'Sheet', 'Sheet2'"
    assert titles(path) == ["Nurse"]
    with (
        pytest.raises(ConfigError, match=r"no column 'title'; columns are: 'Read me'.*nor has .* sheets: 'Sheet1'"),
        open_table(a_workbook(tmp_path / "b.xlsx", read_me, [["Jobs"]])),
    ):
        pass


def test_which_of_several_columns_of_one_name_is_read_is_said_of_a_sheet_too(tmp_path: Path) -> None:
    with open_table(a_workbook(tmp_path / "a.xlsx", [["title", "title", None], ["Mrs", "Nurse", 1]])) as table:
        assert (
            table.notes[-1] == "2 columns are called 'title', the first is read; --column title=title_2 takes another"
        )


def test_a_day_of_a_sheet_is_a_date_and_a_moment_stays_one(tmp_path: Path) -> None:
    moment = datetime(2026, 5, 3, 8, 30)  # noqa: DTZ001  a sheet knows no zones
    path = a_workbook(tmp_path / "a.xlsx", [["title", "closing"], ["Nurse", date(2026, 5, 3)], ["Cook", moment]])
    with open_table(path) as table:
        assert [row.get("closing") for row in table.rows() if isinstance(row, Row)] == [date(2026, 5, 3), moment]


def test_a_workbook_damaged_in_the_middle_gives_what_comes_before(tmp_path: Path) -> None:
    whole = a_workbook(tmp_path / "a.xlsx", [["title"], *([f"Nurse {number}"] for number in range(5_000))])
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as damaged:
        for name in archive.namelist():
            held = archive.read(name)
            damaged.writestr(name, held[: len(held) // 2] if name.endswith("sheet1.xml") else held)
    with open_table(tmp_path / "b.xlsx") as table:
        *rows, last = table.rows()
    assert isinstance(last, Truncated)
    assert len(rows) > 1_000
    assert str(last).startswith(f"row {len(rows) + 2}: ")


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (["jobs.csv", "more.csv"], r"is a ZIP archive; unpack it and name a file of it \('jobs.csv', 'more.csv'\)"),
        (["mimetype", "content.xml"], "is an OpenDocument file; save it as .xlsx or CSV"),
        (["[Content_Types].xml", "xl/workbook.bin"], "is a binary workbook"),
    ],
)
def test_what_else_comes_as_a_zip_file_is_called_by_its_name(tmp_path: Path, held: list[str], reason: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        for name in held:
            archive.writestr(name, "title\nNurse\n")
    with pytest.raises(Rejected, match=reason):
        titles(tmp_path / "a.xlsx")


def test_a_workbook_is_known_by_its_bytes_whatever_its_name(tmp_path: Path) -> None:
    assert titles(a_workbook(tmp_path / "a.xlsx", [["title"], ["Nurse"]]).rename(tmp_path / "a.csv")) == ["Nurse"]


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xlsx", b"PK\x03\x04 cut off", "no readable .xlsx"),
        ("a.xlsx", b"title\nNurse\n", "is no .xlsx file"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save it as .xlsx"),
        ("a.parquet", b"PAR1 cut off", "footer cannot be read"),
        ("a.parquet", b"title\nNurse\n", "is no .parquet file"),
    ],
)
def test_a_damaged_file_is_refused_with_a_remedy(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(Rejected, match=reason), open_table(tmp_path / name):
        pass


def test_every_cut_through_a_workbook_ends_in_a_message(tmp_path: Path) -> None:
    whole = a_workbook(tmp_path / "a.xlsx", [["title"], ["Nurse"], ["Cook"]]).read_bytes()
    for end in range(4, len(whole) - 1, 97):
        (tmp_path / "b.xlsx").write_bytes(whole[:end])
        with pytest.raises(Rejected, match="no readable"):
            titles(tmp_path / "b.xlsx")


def test_flipped_bytes_in_a_workbook_end_in_a_message_or_in_rows(tmp_path: Path) -> None:
    whole = bytearray(a_workbook(tmp_path / "a.xlsx", [["title"], ["Nurse"], ["Cook"]]).read_bytes())
    refused = 0
    for place in range(10, len(whole), 61):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        (tmp_path / "b.xlsx").write_bytes(damaged)
        try:
            titles(tmp_path / "b.xlsx")
        except (Rejected, ConfigError):
            refused += 1
    assert refused > 5


def test_parquet_keeps_types_and_says_its_rows(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2, 3], "title": ["Nurse", None, "Cook"], "score": [0.5, float("nan"), None]})
    pq.write_table(table, tmp_path / "a.parquet")
    with open_table(tmp_path / "a.parquet") as opened:
        rows = [row for row in opened.rows() if isinstance(row, Row)]
        assert opened.done() == 1.0
    assert [row.get("id") for row in rows] == [1, 2, 3]
    with pytest.raises(BadRow, match="row 2: no title"):
        text_of(rows[1])


def test_parquet_damaged_in_the_middle_gives_what_comes_before(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"title": [f"Nurse {number}" for number in range(20_000)]}), path, row_group_size=5_000)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 5_000] = b"\xff" * 5_000
    path.write_bytes(data)
    with open_table(path) as table:
        *rows, last = table.rows()
    assert isinstance(last, Truncated)
    assert 5_000 <= len(rows) < 20_000


@pytest.mark.parametrize("name", ["a.csv", "a.xlsx", "a.parquet"])
def test_all_formats_come_through_a_pipe(tmp_path: Path, name: str) -> None:
    if name == "a.csv":
        (tmp_path / name).write_text("title\nNurse\nCook\n")
    elif name == "a.xlsx":
        a_workbook(tmp_path / name, [["title"], ["Nurse"], ["Cook"]])
    else:
        pq.write_table(pa.table({"title": ["Nurse", "Cook"]}), tmp_path / name)
    code = (
        "from pathlib import Path; from scheduler.reading.tables import open_table\n"
        "with open_table(Path('-')) as t: print([r.text('title') for r in t.rows()], t.name)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], input=(tmp_path / name).read_bytes(), capture_output=True, check=True
    )
    assert ran.stdout.decode().strip() == "['Nurse', 'Cook'] standard input"


def test_a_row_becomes_a_posting_whose_key_stays_the_same() -> None:
    row = a_row(title=" Nurse ", body="Care.", company="A", language="EN", country="de", published="31.12.2024")
    posting = posting_of(row, source="file")
    assert (posting.title, posting.language, posting.kind) == ("Nurse", "en", Kind.POSTING)
    assert posting.published == datetime(2024, 12, 31, tzinfo=UTC)
    assert posting.key == posting_of(row, source="file").key != posting_of(a_row(title="Nurse"), source="file").key
    assert posting_of(a_row(id=7, title="x"), source="file").ref == "file:7"
    assert posting_of(a_row(title="x"), source="file", kind=Kind.TITLE).kind is Kind.TITLE
    assert posting_of(a_row(title="x", kind="Title"), source="file").kind is Kind.TITLE
    with pytest.raises(BadRow, match="line 7: kind 'cv' is unknown"):
        posting_of(a_row(title="x", kind="cv"), source="file")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2024-05-01", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01T12:00:00+02:00", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("1.5.2024", datetime(2024, 5, 1, tzinfo=UTC)),
        ("Wed, 01 May 2024 12:00:00 GMT", datetime(2024, 5, 1, 12, tzinfo=UTC)),
        (1714521600, datetime(2024, 5, 1, tzinfo=UTC)),
        (1714521600000, datetime(2024, 5, 1, tzinfo=UTC)),
        (datetime(2024, 5, 1), datetime(2024, 5, 1, tzinfo=UTC)),  # noqa: DTZ001 -- spreadsheets give naive ones
        ("9999-12-31T23:59:59-12:00", datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (253402300799, datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("0001-01-01T00:00:00+12:00", datetime(1, 1, 1, tzinfo=UTC)),
        ("soon", None),
        ("32.13.2024", None),
        ("", None),
        (None, None),
        (1e300, None),
        (float("nan"), None),
        ("x" * 10_000, None),
    ],
)
def test_dates_are_read_as_people_write_them(written: object, meant: datetime | None) -> None:
    assert moment(written) == meant


def test_numbers_and_dates_are_taken_as_text_but_not_structures() -> None:
    assert a_row(title=4711).text("title") == "4711"
    assert a_row(title=float("nan")).text("title") == ""
    for value in (b"bytes", {"a": 1}, ["a"], io.StringIO()):
        with pytest.raises(BadRow, match="give text"):
            a_row(title=value).text("title")
