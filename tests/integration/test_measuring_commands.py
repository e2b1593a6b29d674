"""`metier evaluate` and `metier leaderboard` as a person calls them."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from subprocess import CompletedProcess

from tests.integration import test_tag_command

metier, environment, artifacts = test_tag_command.metier, test_tag_command.environment, test_tag_command.artifacts

Run = Callable[..., CompletedProcess[str]]
NASTY = "<script>alert(1)</script> & Söhne"
ROWS = [
    ("Senior Software Engineer", "senior", "en"), ("Leiterin Einkauf (m/w/d)", "Lead", "de"),
    ("Chief Executive Officer", "management", ""), ("Director of Sales", "director|management", ""),
    ("Praktikant", "junior", ""), (NASTY, "lead", ""),
]  # fmt: skip


def write(file: Path, rows: list[tuple[str, str, str]], label: str = "seniority") -> None:
    lines = [f'"{title}","{code}",{language}' for title, code, language in rows]
    file.write_text("\n".join([f"title,{label},language", *lines]) + "\n", encoding="utf-8")


class Page(HTMLParser):
    """The elements of a page and what they say."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        fetched = [value for name, value in attrs if name in {"src", "href", "style"} or name.startswith("on")]
        self.addresses += [value or "" for value in fetched]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_figures_come_as_a_table_as_json_and_as_a_page_of_its_own(metier: Run, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", [*ROWS, ("Nurse", "queen", "")])
    ran = metier("evaluate", "seniority", "mine.csv", "--html", "page.html", "--json", "--draws", "50")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["rows"] == 6
    assert "line 8: 'queen' is no label of seniority" in ran.stderr
    assert found["overall"]["accuracy"]["value"] > 0.8
    assert {part["name"] for part in found["languages"]} == {"others"}
    page = Page((tmp_path / "page.html").read_text("utf-8"))
    assert page.tags.count("svg") > 3
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.addresses == []
    assert NASTY in page.words  # shown as it is written, as a mistake
    table = metier("evaluate", "seniority", "mine.csv", "--draws", "50").stdout
    assert re.search(r"^accuracy\t0\.\d{3}", table, re.MULTILINE)
    assert "right where kept" in table


def test_the_page_is_the_same_each_time(metier: Run, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", ROWS)
    for name in ("one.html", "two.html"):
        metier("evaluate", "seniority", "mine.csv", "--html", name, "--draws", "50")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


def test_titles_that_are_said_to_be_learnt_count_as_seen(metier: Run, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", ROWS)
    write(tmp_path / "learnt.csv", [(NASTY, "lead", "")])
    alone = json.loads(metier("evaluate", "seniority", "mine.csv", "--json", "--draws", "50").stdout)
    ran = metier("evaluate", "seniority", "mine.csv", "--train", "learnt.csv", "--json", "--draws", "50")
    assert json.loads(ran.stdout)["seen"] == alone["seen"] + 1


def test_a_file_without_a_usable_row_fails(metier: Run, tmp_path: Path) -> None:
    write(tmp_path / "mine.csv", [("Nurse", "queen", "")])
    ran = metier("evaluate", "seniority", "mine.csv")
    assert ran.returncode == 1
    assert "no row has a title and a label of seniority" in ran.stderr


def test_a_leaderboard_is_written_and_taken_up_again(metier: Run, tmp_path: Path) -> None:
    write(tmp_path / "real.csv", ROWS)
    levels = ("junior", "professional", "senior", "lead", "management", "director")
    write(tmp_path / "llm.csv", [(f"{code} person {at}", code, "") for code in levels for at in range(8)])
    words = (
        "leaderboard",
        "seniority",
        "--test",
        "real.csv",
        "--pseudo",
        "llm.csv",
        "--set",
        "pseudo",
        "--draws",
        "20",
    )
    heads = ("--head", "rules", "--head", "majority", "--head", "words", "-o", "board.md", "--json")
    ran = metier(*words, *heads)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert [(row["head"], row["learnt"]) for row in found] == [
        ("rules", "nothing"),
        ("majority", "pseudo"),
        ("words", "pseudo"),
    ]
    board = (tmp_path / "board.md").read_text("utf-8")
    assert board.startswith("| Head | Learnt from |")
    assert len(board.splitlines()) == 5
    rows = tmp_path / "board.md.rows.jsonl"
    kept = rows.read_text("utf-8")
    rows.write_text(kept[: len(kept) - 40], "utf-8")  # as a kill in the middle of the last line leaves it
    again = json.loads(metier(*words, *heads).stdout)
    assert [row["real"] for row in again] == [row["real"] for row in found]
    assert rows.read_text("utf-8").count('"head": "majority"') == 1
    assert [row["seconds"] for row in again][:2] == [row["seconds"] for row in found][:2]
