"""Taxonomies are read from folders, and a bad one names its file and field."""

from pathlib import Path

import pytest

from metier.errors import ConfigError
from metier.types import TaxonomyKind
from pipelines import taxonomy

GOOD = """
name = "level"
version = "2"
kind = "ordinal"
[[labels]]
code = "low"
name = "Low"
rank = 0
[[labels]]
code = "high"
name = "High"
rank = 1
definition = "Above the others"
"""


def written(root: Path, content: str) -> Path:
    """Write a taxonomy folder and return it."""
    folder = root / "level"
    folder.mkdir()
    (folder / taxonomy.FILE).write_text(content, "utf-8")
    return folder


def test_a_taxonomy_is_a_folder_with_a_file(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    found = taxonomy.load("level", tmp_path)
    assert (found.name, found.version, found.kind) == ("level", "2", TaxonomyKind.ORDINAL)
    assert [label.code for label in found.labels] == ["low", "high"]
    assert found.label("high").definition == "Above the others"
    assert taxonomy.names(tmp_path) == ["level"]


@pytest.mark.parametrize("name", taxonomy.names())
def test_a_bundled_taxonomy_can_be_read_and_defines_each_label(name: str) -> None:
    assert all(label.definition for label in taxonomy.load(name).labels)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('kind = "ordinal"', 'kind = "round"', "kind: 'round' is none of flat, tree, ordinal, many"),
        ('kind = "ordinal"', "", "kind: write text"),
        ('name = "level"', 'name = "other"', "is not the folder's name"),
        ('version = "2"', "version = 2", "version: write text in quotes"),
        ("rank = 1", "", "an ordinal taxonomy needs a rank"),
        ("rank = 1", "rank = 0", "two labels have the same rank"),
        ("rank = 1", 'rank = "1"', r"labels\[2\].rank: write a whole number"),
        ('code = "high"', 'code = "low"', "'low' is there twice"),
        ('code = "high"', "", r"labels\[2\].code: write text"),
        ('code = "high"', 'code = "high"\nparent = "top"', "parent 'top' is no code"),
        ("[[labels]]", "[labels", r"taxonomy.toml: .*line 5"),
    ],
)
def test_a_bad_file_is_named_with_its_field(tmp_path: Path, old: str, new: str, says: str) -> None:
    folder = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError, match=says) as caught:
        taxonomy.read(folder)
    assert str(folder / taxonomy.FILE) in str(caught.value)


def test_an_unknown_taxonomy_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=r"unknown taxonomy 'size': .* level"):
        taxonomy.load("size", tmp_path)
