"""Results of `metier tag` in each format: complete, in order, harmless to open."""

import csv
import json
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from console.order import Order, Summary, carry_out
from console.tables import xlsx
from metier.errors import ConfigError, MetierError, Rejected
from metier.types import Tag, Text
from tests.fakes.tagging import WordEngine, describe

MESSY = """id,title,company
1,Senior Nurse,=cmd()
2,Driver,-5
3,,x
4,123,"\tt"
x,y,z,too,many
1,Team lead nurse driver,+49
"""


def tagged(file: Path, output: Path, *, top: int = 3) -> Summary:
    """Tag a file with the words engine."""
    return carry_out(Order(file, output, top=top), WordEngine, describe)


@pytest.fixture
def messy(tmp_path: Path) -> Path:
    """Return a table with good rows and bad ones."""
    path = tmp_path / "messy.csv"
    path.write_text(MESSY)
    return path


def test_json_lines_have_one_line_for_each_row_in_order(messy: Path, tmp_path: Path) -> None:
    summary = tagged(messy, tmp_path / "out.jsonl", top=2)
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == ["1", "2", "3", "4", "x", "1"]
    assert lines[0] == {
        "id": "1",
        "title": "Senior Nurse",
        "tags": {
            "level": [
                {"code": "senior", "name": "Senior", "score": 0.8, "sure": True},
                {"code": "plain", "name": "Plain", "score": 0.4, "sure": False},
            ],
            "words": [
                {"code": "nurse", "name": "Nurse", "score": 0.9, "sure": True},
                {"code": "driver", "name": "Driver", "score": 0.9, "sure": False},
            ],
        },
    }
    assert lines[2] == {"id": "3", "error": "line 4: no title; fill the cell or remove the row"}
    assert lines[3] == {"id": "4", "error": "line 5: cannot be tagged (the title holds no word)"}
    assert "line 6: 5 cells where the header has 3" in lines[4]["error"]
    assert (summary.rows, summary.tagged, summary.failed) == (6, 3, 3)


def test_tables_keep_the_columns_and_add_the_answers(messy: Path, tmp_path: Path) -> None:
    for suffix in (".csv", ".xlsx", ".parquet"):
        tagged(messy, tmp_path / f"out{suffix}")
    with (tmp_path / "out.csv").open(newline="") as file:
        from_csv = list(csv.DictReader(file))
    header, *cells = openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].values
    from_xlsx = [dict(zip(header, row, strict=True)) for row in cells]
    from_parquet = pq.read_table(tmp_path / "out.parquet").to_pylist()
    added = ["level", "level_name", "level_score", "level_sure", "words", "words_name", "words_score", "error"]
    for rows in (from_csv, from_xlsx, from_parquet):
        assert list(rows[0]) == ["id", "title", "company", *added]
        assert [row["level"] or None for row in rows] == ["senior", "plain", None, None, None, "lead"]
        assert rows[5]["words"] == "nurse; driver"
        assert "no title" in rows[2]["error"]
        assert [rows[4][name] for name in ("id", "title", "company")] == ["x", "y", "z,too,many"]
    assert from_csv[0]["level_score"] == "0.8"
    assert from_xlsx[0]["level_score"] == from_parquet[0]["level_score"] == 0.8
    assert from_parquet[0]["level_sure"] is True


def test_no_cell_of_a_spreadsheet_is_a_formula(messy: Path, tmp_path: Path) -> None:
    messy.write_text('title,=head,b\n=1+1,+1+1,@a\nNurse,-A1,"\rx"\n')
    for suffix in (".csv", ".xlsx"):
        tagged(messy, tmp_path / f"out{suffix}")
    with (tmp_path / "out.csv").open(newline="") as file:
        from_csv = [row[:3] for row in csv.reader(file)]
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    cells = [list(row[:3]) for row in book.worksheets[0].iter_rows()]
    assert from_csv == [["title", "'=head", "b"], ["'=1+1", "'+1+1", "'@a"], ["Nurse", "'-A1", "'\rx"]]
    # a sheet can say itself that a cell is text, so there what was given stays as it is
    assert [[cell.value for cell in row] for row in cells[:2]] == [["title", "=head", "b"], ["=1+1", "+1+1", "@a"]]
    assert all(cell.data_type == "s" for row in cells for cell in row)
    assert [cell.quotePrefix for cell in cells[1]] == [True, True, True]


@pytest.mark.parametrize("number", ["-73.9", "+49", "-1,5", "-1.5e-3", "-12 %", "-", "--"])
def test_a_number_with_a_sign_is_no_formula(tmp_path: Path, number: str) -> None:
    (tmp_path / "in.csv").write_text(f'title,n\nNurse,"{number}"\n')
    for suffix in (".csv", ".xlsx"):
        tagged(tmp_path / "in.csv", tmp_path / f"out{suffix}")
    with (tmp_path / "out.csv").open(newline="") as file:
        assert next(csv.DictReader(file))["n"] == number
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0]["B2"].value == number


def test_days_of_a_sheet_stay_days(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    moment, early = datetime(2026, 5, 3, 8, 30), "0999-01-01"  # noqa: DTZ001  a sheet knows no zones
    for row in (["title", "since", "seen", "early"], ["Nurse", date(2026, 5, 3), moment, early]):
        book.worksheets[0].append(row)
    book.save(tmp_path / "in.xlsx")
    for suffix in (".xlsx", ".csv"):
        tagged(tmp_path / "in.xlsx", tmp_path / f"out{suffix}")
    cells = list(openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].iter_rows())[1]
    assert [cell.value for cell in cells[:4]] == ["Nurse", datetime(2026, 5, 3), moment, early]  # noqa: DTZ001
    assert cells[1].number_format == "yyyy-mm-dd"
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("Nurse,2026-05-03,2026-05-03T08:30:00,0999")


def test_days_that_no_sheet_can_hold_are_text_in_it(tmp_path: Path) -> None:
    days = [date(9999, 12, 31), date(1, 1, 1), None]
    moments = pa.array([0, None, None], pa.timestamp("ms", "UTC"))
    table = pa.table({"title": ["Nurse", "Cook", "Driver"], "day": days, "at": moments})
    pq.write_table(table, tmp_path / "in.parquet")
    tagged(tmp_path / "in.parquet", tmp_path / "out.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "out.xlsx").worksheets[0].values)
    assert [row[1] for row in rows[1:]] == [datetime(9999, 12, 31), "0001-01-01", None]  # noqa: DTZ001
    assert rows[1][2] == "1970-01-01T00:00:00+00:00"


def test_our_columns_have_the_same_types_where_no_row_has_an_answer(messy: Path, tmp_path: Path) -> None:
    tagged(messy, tmp_path / "many.parquet")
    (tmp_path / "none.csv").write_text("id,title,company\n")
    tagged(tmp_path / "none.csv", tmp_path / "none.parquet")
    assert pq.read_schema(tmp_path / "none.parquet").types == pq.read_schema(tmp_path / "many.parquet").types


def test_a_column_of_ours_never_replaces_one_of_the_input(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title,level,error\nNurse,mine,kept\n")
    tagged(tmp_path / "in.csv", tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["level"], row["level_2"], row["error"], row["error_2"]) == ("mine", "plain", "kept", "")


def test_parquet_keeps_the_types_that_it_read(tmp_path: Path) -> None:
    table = pa.table({
        "title": ["Nurse", "Cook"], "day": [date(2024, 5, 1), None], "number": pa.array([1, None], pa.int16()),
        "price": pa.array(["1.50", None]).cast(pa.decimal128(9, 2)), "many": [["a"], []],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "in.parquet")
    tagged(tmp_path / "in.parquet", tmp_path / "out.parquet")
    written = pq.read_table(tmp_path / "out.parquet")
    for name in ("title", "day", "number", "price"):
        assert written.column(name).to_pylist() == table.column(name).to_pylist()
        assert written.schema.field(name).type == table.schema.field(name).type
    assert written.column("many").to_pylist() == ['["a"]', "[]"]


def test_columns_that_only_late_lines_of_json_have_are_in_the_table(tmp_path: Path) -> None:
    lines = ['{"title": "Nurse", "n": 1}'] * 60_000 + [
        '{"title": "Cook", "late": {"a": 1}, "n": 100000000000000000000}'
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    for suffix in (".csv", ".parquet"):
        tagged(tmp_path / "in.jsonl", tmp_path / f"out{suffix}")
    last = pq.read_table(tmp_path / "out.parquet").to_pylist()[-1]
    assert (last["late"], last["n"]) == ('{"a": 1}', "100000000000000000000")
    assert '"{""a"": 1}"' in (tmp_path / "out.csv").read_text().splitlines()[-1]


def test_strange_values_survive_in_json_and_are_made_fit_elsewhere(tmp_path: Path) -> None:
    lines = ['{"id": NaN, "title": "Nurse", "x": "a\\ud800b\\u0007"}', '{"id": "\\ud800", "title": "Cook"}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    for suffix in (".jsonl", ".csv", ".xlsx", ".parquet"):
        assert tagged(tmp_path / "in.jsonl", tmp_path / f"out{suffix}").tagged == 2
    assert [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()] == [None, "\ud800"]


def test_a_sheet_cannot_hold_more_rows_and_says_so(tmp_path: Path) -> None:
    xlsx.check_rows(xlsx.ROWS, tmp_path / "out.xlsx")
    with pytest.raises(Rejected, match=r"1,048,576: an .xlsx sheet holds 1,048,575 rows; use --output with .csv"):
        xlsx.check_rows(xlsx.ROWS + 1, tmp_path / "out.xlsx")


def test_overlong_cells_are_cut_in_a_sheet_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.csv").write_text("title,body\nNurse," + "x" * 40_000 + "\n")
    tagged(tmp_path / "in.csv", tmp_path / "out.xlsx")
    assert "cells cut to the 32,767 characters that .xlsx allows: 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("out.txt", "no format; use one of .jsonl, .csv, .xlsx, .parquet"),
        ("absent/out.csv", "there is no folder"),
        ("folder.csv", "is a folder"),
        ("messy.csv", "is the input as well"),
    ],
)
def test_an_output_that_cannot_be_is_refused_before_any_work(
    messy: Path, tmp_path: Path, output: str, reason: str
) -> None:
    (tmp_path / "folder.csv").mkdir()

    def unwanted() -> WordEngine:
        raise AssertionError("the engine was loaded")

    with pytest.raises(ConfigError, match=reason):
        carry_out(Order(messy, tmp_path / output), unwanted, describe)
    assert messy.read_text() == MESSY


def test_what_is_wrong_with_a_row_is_said_for_the_first_ones_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.csv").write_text("id,title\n" + "7,\n" * 9 + "7,Nurse\n")
    tagged(tmp_path / "in.csv", tmp_path / "out.csv")
    said = capsys.readouterr().err
    assert said.count("no title") == 5
    assert "… and 4 more that cannot be tagged" in said
    assert "ids that were there before: 9, first '7' at line 2 and line 3" in said
    assert "read as UTF-8, separated by comma" in said


def test_nothing_is_left_beside_the_result(messy: Path, tmp_path: Path) -> None:
    for suffix in (".jsonl", ".csv", ".xlsx", ".parquet"):
        tagged(messy, tmp_path / f"out{suffix}")
    assert {path.name for path in tmp_path.iterdir()} == {
        "messy.csv", "out.jsonl", "out.csv", "out.xlsx", "out.parquet",
    }  # fmt: skip


def test_two_runs_do_not_write_one_result(messy: Path, tmp_path: Path) -> None:
    class Second(WordEngine):
        """Starts another run on the same result while the first one is at it."""

        def tag(self, texts: Sequence[Text], *, top: int) -> list[list[Tag] | Exception]:
            tagged(messy, tmp_path / "out.csv")
            return super().tag(texts, top=top)

    with pytest.raises(MetierError, match="another run is writing it"):
        carry_out(Order(messy, tmp_path / "out.csv"), Second, describe)
