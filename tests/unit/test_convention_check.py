"""What is worth a look in a convention is found: lines that disagree, rules never reached, examples against rules."""

from pathlib import Path

import pytest

from metier.types import Example, Origin
from pipelines.conventions import check, convention
from pipelines.conventions.convention import Convention

TAXONOMY = """
name = "mood"
version = "1"
kind = "flat"
[[labels]]
code = "glad"
name = "Glad"
[[labels]]
code = "sad"
name = "Sad"
[default]
code = "sad"
confidence = 0.2
"""
LEXICON = """term,kind,language,code,confidence,priority,group,note
sun,word,en,glad,0.9,5,,
sun,suffix,en,sad,0.9,5,,
rain,word,en,sad,0.9,5,,
party,word,en,,,,feast,
night,word,en,,,,dark,
"""
RULE = '[[rule]]\nname = "{}"\nwhen = {}\nneeds = {}\nunless = {}\ncode = "{}"\nconfidence = 0.9\n'


def a_convention(folder: Path, *rules: tuple[str, str, str, str, str], lexicon: str = LEXICON) -> Convention:
    (folder / "taxonomy.toml").write_text(TAXONOMY)
    (folder / "lexicon.csv").write_text(lexicon)
    (folder / "rules.toml").write_text("".join(RULE.format(*rule) for rule in rules))
    return convention.load(folder)


def test_lines_written_alike_that_disagree_are_named(tmp_path: Path) -> None:
    (found,) = check.check(a_convention(tmp_path), []).conflicts
    assert "'sun' (word) speaks for glad" in found.first
    assert "'sun' (suffix) speaks for sad" in found.second


def test_lines_of_which_one_goes_first_do_not_disagree(tmp_path: Path) -> None:
    ranked = LEXICON.replace("sun,suffix,en,sad,0.9,5", "sun,suffix,en,sad,0.9,4")
    assert check.check(a_convention(tmp_path, lexicon=ranked), []).conflicts == []


@pytest.mark.parametrize(
    ("first", "second", "reached"),
    [
        (('["feast"]', "[]", "[]"), ('["feast"]', "[]", "[]"), False),
        (('["feast", "dark"]', "[]", "[]"), ('["feast"]', '["glad"]', "[]"), False),
        (('["feast"]', "[]", "[]"), ('["feast", "dark"]', "[]", "[]"), True),
        (('["feast"]', "[]", "[]"), ('["dark"]', '["feast"]', "[]"), False),
        (('["feast"]', '["glad"]', "[]"), ('["feast"]', "[]", "[]"), True),
        (('["feast"]', "[]", '["dark"]'), ('["feast"]', "[]", "[]"), True),
        (('["feast"]', "[]", '["dark"]'), ('["feast"]', "[]", '["dark", "glad"]'), False),
    ],
)
def test_a_rule_behind_one_that_always_holds_is_named(
    tmp_path: Path, first: tuple[str, str, str], second: tuple[str, str, str], reached: bool
) -> None:
    found = check.check(a_convention(tmp_path, ("one", *first, "glad"), ("two", *second, "sad")), [])
    assert [(one.rule, one.behind) for one in found.hidden] == ([] if reached else [("two", "one")])


def test_the_titles_that_each_rule_decides_are_counted(tmp_path: Path) -> None:
    rules = [("parties", '["feast"]', "[]", "[]", "glad"), ("nights", '["dark"]', "[]", "[]", "sad")]
    ruled = a_convention(tmp_path, *rules)
    found = check.check(ruled, ["Party", "Party time", "Rain", "Clerk"])
    assert [(one.rule, len(one.titles), one.labels) for one in found.decided] == [
        ("parties", 2, {"glad": 2}),
        ("default", 1, {"sad": 1}),
        ("lexicon: rain", 1, {"sad": 1}),
    ]
    assert (found.spoken, found.coverage) == (3, 0.75)
    assert found.idle == ["nights"]


def test_examples_against_their_own_rules_are_shown(tmp_path: Path) -> None:
    examples = [Example(title, "mood", "glad", Origin.SOURCE) for title in ("Rain", "Sun", "Desk")]
    (found,) = check.check(a_convention(tmp_path), [], examples).contradictions
    assert (found.rule, found.label, found.given, found.examples) == ("lexicon: rain", "glad", "sad", ["Rain"])


def test_no_titles_have_no_coverage(tmp_path: Path) -> None:
    assert check.check(a_convention(tmp_path), []).coverage == 0
