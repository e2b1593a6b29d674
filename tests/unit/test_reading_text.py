"""CSV, TSV and JSONL as people and programs really write them."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from metier.errors import BadRow, ConfigError, Rejected
from scheduler.reading.lines import Hints
from scheduler.reading.postings import text_of
from scheduler.reading.rows import ROW_LIMIT, Row, Table, Truncated
from scheduler.reading.tables import open_table


def read(path: Path, data: bytes, columns: Mapping[str, str] | None = None, hints: Hints | None = None) -> list[str]:
    """Write a file and return its titles, or what was said about rows, in order."""
    path.write_bytes(data)
    with open_table(path, columns=columns or {}, hints=hints or Hints()) as table:
        return said(table)


def said(table: Table) -> list[str]:
    """Return the title of each good row, and the message about each bad one."""
    found = []
    for row in table.rows():
        try:
            found.append(text_of(row).title if isinstance(row, Row) else str(row))
        except BadRow as error:
            found.append(str(error))
    return found


def notes(path: Path) -> str:
    """Return what was detected."""
    with open_table(path) as table:
        return "; ".join(table.notes)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_out_even_where_titles_hold_others(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["id", "title", "company"],
        ["1", '"Engineer, Senior; Power"', "A"],
        ["2", "Nurse", "B|C" if delimiter != "|" else "B"],
    ]
    data = "\n".join(delimiter.join(row) for row in rows).encode()
    assert read(tmp_path / "a.csv", data) == ["Engineer, Senior; Power", "Nurse"]


@pytest.mark.parametrize("delimiter", [":", "^", "~"])
def test_a_rare_delimiter_is_found_by_the_title_in_the_header(tmp_path: Path, delimiter: str) -> None:
    assert read(tmp_path / "a.csv", f"id{delimiter}title\n1{delimiter}Nurse\n".encode()) == ["Nurse"]
    assert read(tmp_path / "a.csv", b"title\nNurse: night shift\n") == ["Nurse: night shift"]


def test_a_tsv_without_tabs_is_read_by_what_separates_it(tmp_path: Path) -> None:
    assert read(tmp_path / "a.tsv", b"id;title\n1;Nurse\n") == ["Nurse"]
    assert read(tmp_path / "a.tsv", b"id\ttitle\n1;2\tNurse\n") == ["Nurse"]


def test_a_space_after_each_delimiter_is_no_part_of_a_cell(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", b'id, title, body\n1, "Head, kitchen", "x\ny"\n2, Cook, z\n') == [
        "Head, kitchen", "Cook",
    ]  # fmt: skip
    assert read(tmp_path / "a.csv", b'id,title\n1, a "Head" cook\n') == ['a "Head" cook']


def test_blank_lines_above_the_header_are_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", b"  \n;;\nid;title;\n1;Nurse;\n") == ["Nurse"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"BZh91AY&SY", "is packed by bzip2; unpack it first: bunzip2"),
        (b"\xfd7zXZ\x00\x00", "is packed by xz"),
        (b"\x28\xb5\x2f\xfd", "is packed by zstd"),
        (b"%PDF-1.4\n", "is a PDF, no table"),
        (b"\n<html><body><table>", "is a web page or XML, whatever its name says"),
        (b"ab\x00\x01\x02\xff\nc\x00", "is no text file"),
        (b"  \n ,, \n", "is empty; the first line must name the columns"),
    ],
)
def test_what_is_no_table_is_called_by_its_name(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(Rejected, match=reason):
        read(tmp_path / "a.csv", data)


def test_json_over_several_lines_is_answered_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match=r"JSON objects of several lines; .* jq -c \."):
        read(tmp_path / "a.json", b'{\n  "title": "Nurse"\n}\n')


def test_a_list_of_titles_with_commas_is_one_column(tmp_path: Path) -> None:
    assert read(tmp_path / "a.txt", b"title\nEngineer, Senior\nNurse\n") == ["Engineer, Senior", "Nurse"]
    assert "one column" in notes(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("encoding", "titles"),
    [
        ("utf-8", ["Geschäftsführer", "営業部長"]),
        ("utf-8-sig", ["Geschäftsführer"]),
        ("utf-16", ["Verkäufer", "営業部長"]),
        ("utf-16-le", ["Verkäufer"]),
        ("cp1252", ["Verkäufer", "Ingénieur d’études", "Técnico de señalización"]),
        ("cp1250", ["Kierownik sprzedaży", "Główny księgowy", "Inżynier"]),
        ("cp1251", ["Менеджер по продажам", "Бухгалтер"]),
        ("koi8_r", ["Менеджер по продажам"]),
        ("cp1253", ["Διευθυντής Πωλήσεων"]),
        ("cp1254", ["Yazılım Mühendisi", "Satış Müdürü", "Öğretmen"]),
        ("mac_roman", ["Geschäftsführer", "Ingénieur"]),
    ],
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, titles: list[str]) -> None:
    data = "\n".join(["id;title", *(f"{i};{title}" for i, title in enumerate(titles * 3))]).encode(encoding)
    assert read(tmp_path / "a.csv", data) == titles * 3


def test_an_old_encoding_is_found_out_though_the_first_megabyte_is_plain(tmp_path: Path) -> None:
    data = b"id,title\n" + b"1,Nurse\n" * 200_000 + "2,Verkäufer\n".encode("cp1252")
    assert read(tmp_path / "a.csv", data)[-1] == "Verkäufer"
    assert "cp1252" in notes(tmp_path / "a.csv")


def test_the_user_knows_better_than_any_guess(tmp_path: Path) -> None:
    data = "id;title\n1;Søren\n".encode("cp850")
    assert read(tmp_path / "a.csv", data, hints=Hints(encoding="cp850")) == ["Søren"]
    assert read(tmp_path / "b.csv", b"title;x\nb;1\n", {"title": "title;x"}, Hints(delimiter=",")) == ["b;1"]
    with pytest.raises(ConfigError, match="no such encoding"):
        read(tmp_path / "c.csv", b"title\na\n", hints=Hints(encoding="utf-9"))


def test_one_wrong_byte_sets_one_row_aside(tmp_path: Path) -> None:
    data = b"title\n" + "Größe\n".encode() * 20 + b"Verk\xe4ufer\n" + b"Nurse\n"
    *_, wrong, last = read(tmp_path / "a.csv", data)
    assert wrong.startswith("line 22: title holds a byte (0xE4)")
    assert "--encoding" in wrong
    assert last == "Nurse"


def test_excels_separator_line_and_a_header_in_capitals_are_understood(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", "sep=;\r\nTITLE ;id\r\nKoch;1\r\n".encode("utf-16")) == ["Koch"]


def test_ragged_rows_lose_nothing_but_themselves(tmp_path: Path) -> None:
    first, short, long, none, last = read(
        tmp_path / "a.csv", b"id,title,company\n1,Nurse,A\n2,Cook\n3,Dri,ver,B\n4\n\n5,Baker,C\n"
    )
    assert (first, short, last) == ("Nurse", "Cook", "Baker")
    assert long.startswith("line 4: 4 cells where the header has 3; put double quotes")
    assert none.startswith("line 5: 1 cell where the header has 3, none of them the title")


def test_surplus_empty_cells_do_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", b"id,title\n1,Nurse,,\n") == ["Nurse"]


def test_a_quote_that_never_closes_costs_one_row(tmp_path: Path) -> None:
    data = b'id,title\n1,Nurse\n2,"Cook\n3,Baker\n4,Driver\n'
    assert [text[:6] for text in read(tmp_path / "a.csv", data)] == ["Nurse", "line 3", "Baker", "Driver"]
    assert [text[:6] for text in read(tmp_path / "b.csv", b'title\n"Cook\nBaker\n')] == ["line 2", "Baker"]
    swallowed = b'id,title\n2,"Cook\n3,Baker\n4,"Driver"\n5,Clerk\n'
    assert [text[:6] for text in read(tmp_path / "c.csv", swallowed)] == ["line 2", "Baker", "Driver", "Clerk"]


def test_a_body_of_many_lines_is_one_row_and_lines_are_still_counted(tmp_path: Path) -> None:
    data = b'title,body\nNurse,"one\ntwo\n\nthree"\n,x\n'
    assert read(tmp_path / "a.csv", data) == ["Nurse", "line 6: no title; fill the cell or remove the row"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_what_is_too_long_is_set_aside_and_named(tmp_path: Path, name: str) -> None:
    titles = ["t" * 100_000, "Nurse", "b" * (ROW_LIMIT * 12), "Cook"]
    lines = ["title", *titles] if name == "a.csv" else [json.dumps({"title": title}) for title in titles]
    found = read(tmp_path / name, "\n".join(lines).encode())
    assert "title has 100,000 characters, at most 2,000 can be read" in found[0]
    assert "longer than 4,194,304 characters" in found[2]
    assert (found[1], found[3]) == ("Nurse", "Cook")


def test_a_body_that_no_tagger_would_read_is_named(tmp_path: Path) -> None:
    assert read(tmp_path / "a.csv", b"title,body\nNurse," + b"x" * 1_000_001 + b"\nCook,\n") == [
        "line 2: body has 1,000,001 characters, at most 1,000,000 can be read; shorten it", "Cook",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"title": "cut of', "not JSON"),
        (b'{"title": ', "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"title": null}', "no title"),
        (b'{"id": 4}', "no title"),
        (b'{"title": ["a"]}', "title is a list; give text"),
        (b'{"title": true}', "title is true or false; give text"),
        (b'{"title": "a\\u0000b"}', "NUL character"),
        (b'{"title": "a\\ud800"}', "half of a character (U+D800)"),
        (b"[" * 100_000, "not JSON"),
        (b'{"title": ' + b"9" * 5_000 + b"}", "not JSON"),
    ],
)
def test_a_broken_line_of_json_is_named_and_the_others_go_through(tmp_path: Path, line: bytes, reason: str) -> None:
    good = b'{"title": "Nurse"}'
    found = read(tmp_path / "a.jsonl", b"\n".join([good, line, b"", good]))
    assert found[0] == found[2] == "Nurse"
    assert found[1].startswith("line 2: ")
    assert reason in found[1]


def test_columns_of_json_are_those_of_all_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"title": "Nurse"}\n' * 100_000 + b'{"title": "Cook", "late": 1}\n')
    with open_table(path) as table:
        assert table.header == ("title",)
        assert table.survey() == ("title", "late")


def test_a_field_that_only_late_lines_of_json_have_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(
        b'{"title": "Nurse"}\n' * 100_000 + b'{"id": 7, "title": "Cook", "body": "soup", "Firm": "Acme"}\n'
    )
    with open_table(path, columns={"title": "Title"}) as table:
        *_, last = table.rows()
    assert isinstance(last, Row)
    assert (last.get("id"), last.text("title"), last.text("body")) == (7, "Cook", "soup")


def test_a_missing_column_is_answered_with_the_columns_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"columns are: 'id', 'Stellenbezeichnung'.*--column title=Stellenbezeichnung"
    ):
        read(tmp_path / "a.csv", b"id;Stellenbezeichnung\n1;Koch\n")
    with pytest.raises(ConfigError, match="did you mean --column title=Position"):
        read(tmp_path / "a.csv", b"id;Position\n1;Koch\n", {"title": "Postion"})
    with pytest.raises(ConfigError, match="there is no field 'titel'"):
        read(tmp_path / "a.csv", b"id;title\n1;Koch\n", {"titel": "title"})
    assert read(tmp_path / "a.csv", b"id;Stellenbezeichnung\n1;Koch\n", {"title": "Stellenbezeichnung"}) == ["Koch"]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_an_empty_file_is_said_to_be_empty(tmp_path: Path, name: str, data: bytes) -> None:
    with pytest.raises(Rejected, match="is empty"):
        read(tmp_path / name, data)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "is a folder"), (tmp_path / "absent.csv", "no such file"), (Path("a\0b"), "null")):
        with pytest.raises(ConfigError, match=reason), open_table(path):
            pass


def test_a_json_array_is_answered_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="one object a line: jq"):
        read(tmp_path / "a.json", b'[{"title": "Nurse"}]')


def test_gzip_is_looked_through_and_a_cut_off_file_says_where_it_ends(tmp_path: Path) -> None:
    whole = b"title\n" + b"".join(b"Nurse %d\n" % (number * 7919 % 1_000_003) for number in range(300_000))
    packed = gzip.compress(whole)
    assert len(read(tmp_path / "a.csv.gz", packed)) == 300_000
    (tmp_path / "b.csv.gz").write_bytes(packed[: len(packed) // 2])
    with open_table(tmp_path / "b.csv.gz") as table:
        *rows, last = table.rows()
    assert len(rows) > 100_000
    assert isinstance(last, Truncated)
    assert "damaged or ends early" in str(last)


def test_columns_of_one_name_and_of_none_stay_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"title,,title,\nNurse,1,2,3\n")
    with open_table(path) as table:
        assert table.header == ("title", "column_2", "title_2", "column_4")
        assert said(table) == ["Nurse"]


def test_which_of_several_columns_of_one_name_is_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,title,Title\n1,Mrs,Nurse\n")
    with open_table(tmp_path / "a.csv") as table:
        assert table.notes[1:] == (
            "2 columns are called 'title', the first is read; --column title=Title takes another",
        )
    assert read(tmp_path / "b.csv", b"title,title,title_3\nMrs,Nurse,x\n", {"title": "title_2"}) == ["Nurse"]
    (tmp_path / "c.csv").write_text("id,title,title_2\n1,Nurse,x\n")
    with open_table(tmp_path / "c.csv") as table:
        assert table.notes[1:] == ()


def test_how_much_is_done_follows_the_rows_and_not_the_reading_ahead(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("title\n" + "Größe\n" * 10_000)
    with open_table(path) as table:
        rows = table.rows()
        for _ in range(5_000):
            next(rows)
        assert table.done() == pytest.approx(0.5, abs=0.01)
        assert sum(1 for _ in rows) == 5_000
        assert table.done() == pytest.approx(1.0, abs=0.01)
