"""CVs in each form give the same positions, and nothing of whom they are of."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from metier.errors import BadRow, Rejected
from metier.types import Posting
from scheduler.reading.cv import Position, digest, keys, pseudonym
from scheduler.reading.cv_privacy import without_contacts
from scheduler.reading.cvs import walk
from tests.fakes import cv_files
from tests.fakes.cv_files import SECRETS, TEXT, docx, pdf

HEAD = ("Head of Procurement", "Northwind Ltd", "2019", "", True)


def found(path: Path) -> list[Posting]:
    rows = list(walk(path, "cvs"))
    assert [row for row in rows if isinstance(row, BadRow)] == []
    return [row for row in rows if isinstance(row, Posting)]


def brief(one: Posting) -> tuple[str, str, str, str, bool]:
    return one.title, one.company, one.extra["started"], one.extra["ended"], one.extra["current"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("resume.json", cv_files.json_resume(), [
            ("Head of Procurement", "Northwind Ltd", "2019-03-01", "", True),
            ("Buyer, call", "Consulting", "2015-02", "2018", False), ("Treasurer", "Food Bank", "2020", "", True)]),
        ("europass.xml", cv_files.europass_xml(), [
            ("Head of Procurement", "Northwind Ltd", "2019-03-01", "", True),
            ("Senior Buyer", "Freelancer", "2015", "2018-12", False)]),
        ("candidate.xml", cv_files.europass_candidate(), [
            ("Head of Procurement", "Northwind Ltd", "2019-03-01", "", True)]),
        ("europass.json", cv_files.europass_json(), [
            ("Head of Procurement", "Northwind Ltd", "2019-03-01", "", True),
            ("Senior Buyer", "Freelancer", "2015", "2018-12", False)]),
        ("linkedin.zip", cv_files.linkedin_zip(), [
            ("Head of Procurement", "Northwind Ltd", "2019-03", "", True),
            ("Senior Buyer", "Co", "2015-01", "2018-12", False)]),
        ("cv.txt", TEXT.encode(), [
            HEAD, ("Senior Buyer", "Globex Inc.", "2015", "2018", False),
            ("Freelance Buyer, Freelancer", "", "2012", "2014", False)]),
        ("cv.docx", docx(TEXT.splitlines()), [
            HEAD, ("Senior Buyer", "Globex Inc.", "2015", "2018", False),
            ("Freelance Buyer, Freelancer", "", "2012", "2014", False)]),
        ("cv.pdf", pdf(TEXT.splitlines()), [
            HEAD, ("Senior Buyer", "Globex Inc.", "2015", "2018", False),
            ("Freelance Buyer, Freelancer", "", "2012", "2014", False)]),
    ],
)  # fmt: skip
def test_a_cv_in_each_form_gives_positions_and_no_name(
    tmp_path: Path, name: str, content: bytes, said: list[tuple[str, str, str, str, bool]]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    rows = found(path)
    assert [brief(row) for row in rows] == said
    assert [secret for secret in SECRETS if secret.casefold() in repr(rows).casefold()] == []


@pytest.mark.parametrize(("suffix", "written"), [("pdf", pdf), ("docx", docx)])
def test_a_document_gives_what_its_text_gives(
    tmp_path: Path, suffix: str, written: Callable[[list[str]], bytes]
) -> None:
    path = tmp_path / f"cv.{suffix}"
    cases = (Path(__file__).parents[1] / "data" / "cvs.jsonl").read_text("utf-8").splitlines()
    for case in map(json.loads, cases):
        if not case.get("refused"):
            path.write_bytes(written(case["text"].splitlines()))
            rows = [row for row in walk(path, "cvs") if isinstance(row, Posting)]
            said = [[one.title, one.company, one.extra["started"]] for one in rows]
            assert said == [position[:3] for position in case["positions"]], case["text"]


def test_side_functions_are_marked(tmp_path: Path) -> None:
    path = tmp_path / "resume.json"
    path.write_bytes(cv_files.json_resume())
    assert [row.extra.get("side", False) for row in found(path)] == [False, False, True]


def test_a_list_of_cvs_keeps_ids_that_are_numbers_and_hashes_those_that_may_be_names(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    position = {"organization": "Acme", "position": "Buyer", "startDate": "2019", "status": "ACTIVE",
                "department": "Information Technology", "seniority": "Lead"}  # fmt: skip
    path.write_bytes(
        cv_files.list_of_cvs(
            {"id": 17, "positions": [position]}, {"id": "ada.q@example.org", "positions": [position]}, [position], []
        )
    )
    rows = found(path)
    assert [row.key.partition(".")[0] for row in rows] == ["-17", f"-{digest('person', 'ada.q@example.org')}", "-p3"]
    assert rows[0].extra["labels"] == {"origin": "gold", "seniority": "lead", "department": "information-technology"}


def test_a_year_may_be_a_number_and_the_present_a_word(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_bytes(cv_files.list_of_cvs([{"position": "Buyer", "startDate": 2019, "endDate": 2021}]))
    assert [brief(row)[2:] for row in found(path)] == [("2019", "2021", False)]
    work = [{"name": "Acme", "position": "Buyer", "startDate": "2019", "endDate": "Present"}]
    path.write_bytes(cv_files.json_resume(work=work, volunteer=[]))
    assert [brief(row)[2:] for row in found(path)] == [("2019", "", True)]


def test_one_odd_cv_in_a_list_does_not_sink_the_others(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_bytes(cv_files.list_of_cvs("nobody", [{"position": "Buyer", "startDate": "2019"}], [{"position": 7}]))
    rows = list(walk(path, "cvs"))
    assert [isinstance(row, BadRow) for row in rows] == [True, False, True]
    assert "CV 1: is no list of positions" in str(rows[0])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b"{", "no readable JSON"),
        ("a.json", b"[" * 100_000, "nested too deeply"),
        ("a.json", json.dumps({"name": "x"}).encode(), "is JSON, but no CV"),
        ("a.json", b"[[]]", "has no positions"),
        ("a.xml", b"<a>", "no readable XML"),
        ("a.xml", b"<a/>", "no Europass CV"),
        ("a.zip", cv_files.packed({"x": b""}), "without Positions.csv"),
        ("a.csv", b"a,b\n1,2\n", "no Positions.csv"),
        ("a.docx", b"PK\x03\x04 cut", "no readable ZIP"),
        ("a.doc", b"\xd0\xcf\x11\xe0", "old or locked Word file"),
        ("a.txt", bytes(range(256)) * 20, "is no text"),
        ("a.txt", b"{\\rtf1 Experience", "RTF"),
        ("a.txt", b"<!DOCTYPE html><html></html>", "web page"),
        ("a.txt", b"Dear Sir or Madam", "no position with dates"),
        ("a.pdf", b"%PDF-1.4 cut", "damaged PDF"),
        ("a.pdf", pdf(["x"]).replace(b"BT", b"[1 0 R] BT", 1), "damaged PDF"),
        ("a.pdf", pdf([]), "without text"),
        ("a.pdf", pdf(*[["x"]] * 61), "more than 60 pages"),
    ],
)
def test_what_is_no_cv_is_set_aside_with_what_to_do(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Rejected, match=said):
        list(walk(path, "cvs"))


def test_what_the_bytes_are_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "cv.docx"
    path.write_bytes(pdf(TEXT.splitlines()))
    assert len(found(path)) == 3


def test_the_cells_of_a_row_in_a_document_are_one_line(tmp_path: Path) -> None:
    def cell(said: str) -> str:
        return f"<w:tc><w:p><w:r><w:t>{said}</w:t></w:r></w:p></w:tc>"

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    row = f"<w:tr>{cell('seit 2019')}{cell('Leiterin Einkauf, Nordwerk AG')}</w:tr>"
    head = "<w:p><w:r><w:t>Berufserfahrung</w:t></w:r></w:p>"
    whole = f"<w:document {space}><w:body>{head}<w:tbl>{row}</w:tbl></w:body></w:document>"
    path = tmp_path / "cv.docx"
    path.write_bytes(cv_files.packed({"word/document.xml": whole.encode()}))
    assert [brief(row)[:3] for row in found(path)] == [("Leiterin Einkauf", "Nordwerk AG", "2019")]


def test_the_key_of_a_position_stays_when_its_title_is_mended_or_others_come() -> None:
    buyer = Position("Byuer", "Acme", "2019")
    [before] = keys([buyer])
    [_, after] = keys([Position("Head", "Globex", "2021"), Position("Buyer", "ACME", "2019")])
    assert before == after
    assert len(set(keys([buyer, Position("Clerk", "Acme", "2019"), buyer]))) == 3


def test_an_id_that_may_name_somebody_is_hashed() -> None:
    assert [pseudonym(said) for said in ("4711", "E-4711", "")] == ["4711", "E-4711", ""]
    telling = {"jane", "jane85x", "jane@x.org", "01701234567"}
    assert not telling & {pseudonym(said) for said in telling}


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Buyer (jane@x.org)", "Buyer"),
        ("Buyer, tel. 089/1234567", "Buyer, tel."),
        ("Project 2019-2020 lead", "Project 2019-2020 lead"),
        ("Acme GmbH, Hauptstraße 5, 80331 München", "Acme GmbH"),
        ("Acme, 12 rue des Lilas", "Acme"),
        ("Head of IT, see https://x.org/me", "Head of IT, see"),
        ("Engineer II", "Engineer II"),
        ("Sachbearbeiter (m/w/d)", "Sachbearbeiter (m/w/d)"),
        ("7-Eleven", "7-Eleven"),
    ],
)
def test_addresses_and_numbers_are_taken_out_and_the_job_stays(said: str, kept: str) -> None:
    assert without_contacts(said) == kept
