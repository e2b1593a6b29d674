"""Every decision has a number of its own, says what and why, and can be found."""

import re

from tests.house.project import ROOT

FOLDER = ROOT / "docs" / "decisions"
NAME = re.compile(r"\d{4}-[a-z0-9-]+\.md")
PARTS = ("## Context", "## Decision", "## Consequences")


def unlisted(names: list[str], index: str) -> list[str]:
    """Return the records that the index does not link."""
    return [name for name in names if f"({name})" not in index]


def missing_parts(text: str) -> list[str]:
    """Return the headings that a record lacks."""
    return [part for part in PARTS if part not in text]


def test_every_record_is_linked_from_the_index() -> None:
    names = sorted(path.name for path in FOLDER.glob("*.md") if path.name != "README.md")
    assert unlisted(names, (FOLDER / "README.md").read_text(encoding="utf-8")) == []


def test_every_record_has_a_number_of_its_own_and_all_parts() -> None:
    records = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md") if path.name != "README.md"}
    assert [name for name in records if not NAME.fullmatch(name)] == []
    assert len({name[:4] for name in records}) == len(records)
    assert {name: missing for name, text in records.items() if (missing := missing_parts(text))} == {}


def test_these_rules_can_say_no() -> None:
    assert unlisted(["0001-a.md", "0002-b.md"], "[a](0001-a.md)") == ["0002-b.md"]
    assert missing_parts("## Context\n## Decision") == ["## Consequences"]
    assert not NAME.fullmatch("1-Title.md")
