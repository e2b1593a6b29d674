"""What is written speaks of the project only, and promises nothing for later."""

import re
from pathlib import Path

import pytest

from tests.house.project import name, texts

FORBIDDEN = {
    "somebody's machine": re.compile(r"(?<![\w.~$}-])/(?:home|work|root|Users|mnt|opt/pypi)/[\w.-]"),
    "a note for later": re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b"),
    "a registry's host": re.compile(r"\b(?:pypi\." + r"org|files\.pythonhosted\." + r"org)\b"),
    "a merge left open": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\(([^)#\s]*)#([^)\s]+)\)")


def unwanted(text: str) -> list[str]:
    """Return what the text should not say."""
    return [f"{why}: {found.group()}" for why, pattern in FORBIDDEN.items() if (found := pattern.search(text))]


def broken_links(text: str, folder: Path) -> list[str]:
    """Return the links to files that do not exist."""
    targets = [target for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    return [target for target in targets if not (folder / target).exists()]


def lost_anchors(text: str, page: Path) -> list[str]:
    """Return the links to headings that their page does not have."""
    lost = []
    for target, anchor in ANCHOR.findall(text):
        if "://" in target:
            continue
        aimed = (page.parent / target).read_text(encoding="utf-8") if target else text
        headings = re.findall(r"^#+ (.+)$", aimed, re.MULTILINE)
        if anchor not in {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}:
            lost.append(f"{target}#{anchor}")
    return lost


def test_no_file_names_a_machine_or_leaves_a_note_for_later() -> None:
    found = {name(path): faults for path in texts() if (faults := unwanted(path.read_text(encoding="utf-8")))}
    assert found == {}


@pytest.mark.parametrize("path", [path for path in texts() if path.suffix == ".md"], ids=name)
def test_every_link_in_a_page_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert broken_links(text, path.parent) == []
    assert lost_anchors(text, path) == []


def test_these_rules_can_say_no(tmp_path: Path) -> None:
    assert lost_anchors("## Many hosts\n[a](#many-hosts) [b](#one-host)", tmp_path / "a.md") == ["#one-host"]
    assert unwanted("see /ho" + "me/jane/notes") == ["somebody's machine: /ho" + "me/j"]
    assert unwanted("# TO" + "DO later")
    assert unwanted("https://pypi." + "org/simple")
    assert unwanted("a worker's home/away, https://example.org/work/home") == []
    assert broken_links("[a](missing.md) [b](https://example.org/x)", tmp_path) == ["missing.md"]
