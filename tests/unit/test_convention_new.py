"""A convention that was begun loads, makes examples, teaches, and says what is wrong with what was typed."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metier.errors import ConfigError
from metier.types import TaxonomyKind
from pipelines import bundle, taxonomy
from pipelines.conventions import check, convention, new


def begun(folder: Path, *labels: str, kind: str = "flat") -> Path:
    place = folder / "ward"
    new.write(place, new.plan("ward", kind, labels))
    return place


def test_it_works_as_it_stands(tmp_path: Path) -> None:
    place = begun(tmp_path, "Care", "Kitchen & Cooking", "it=IT support")
    found = taxonomy.read(place)
    assert [(label.code, label.name) for label in found.labels] == [
        ("care", "Care"),
        ("kitchen-cooking", "Kitchen & Cooking"),
        ("it", "IT support"),
    ]
    rules = convention.load(place)
    for label in found.labels:
        decided = rules.decide(f"{label.name} Manager")
        assert decided is not None
        assert decided.code == label.code
    examples = bundle.examples(place)
    assert {example.code for example in examples} == {"care", "kitchen-cooking", "it"}
    assert len(examples) >= 15


def test_the_check_finds_nothing_to_mend_in_it(tmp_path: Path) -> None:
    rules = convention.load(begun(tmp_path, "Care", "Kitchen", "Office"))
    found = check.check(rules, [], rules.examples())
    assert (found.conflicts, found.hidden, found.contradictions) == ([], [], [])


def test_levels_have_ranks_in_the_order_typed(tmp_path: Path) -> None:
    found = taxonomy.read(begun(tmp_path, "Low", "High", kind="ordinal"))
    assert found.kind is TaxonomyKind.ORDINAL
    assert [label.rank for label in found.labels] == [0, 1]


def test_every_file_says_what_it_is_for(tmp_path: Path) -> None:
    place = begun(tmp_path, "Care", "Kitchen")
    assert {path.name for path in place.iterdir()} == {
        *("README.md", "lexicon.csv", "roles.csv", "rules.toml", "taxonomy.toml", "templates.csv", "terms.csv"),
        "variants.toml",
    }
    assert all("# " in path.read_text("utf-8") for path in place.iterdir())
    assert "$" not in "".join(path.read_text("utf-8") for path in place.iterdir())


@pytest.mark.parametrize(
    ("name", "kind", "labels", "said"),
    [
        ("My Ward", "flat", ["A", "B"], "my-ward"),
        ("ward", "round", ["A", "B"], "--kind round"),
        ("ward", "many", ["A", "B"], "--kind many"),
        ("ward", "flat", ["A"], "at least two"),
        ("ward", "flat", ["A", "a"], "twice"),
        ("ward", "flat", ["A", "=B"], "is no label"),
        ("title", "flat", ["A", "B"], "choose another"),
    ],
)
def test_what_is_typed_wrongly_is_said(name: str, kind: str, labels: list[str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        new.plan(name, kind, labels)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    place = begun(tmp_path, "Care", "Kitchen")
    (place / "lexicon.csv").write_text("mine")
    with pytest.raises(ConfigError, match="is there already"):
        begun(tmp_path, "Care", "Kitchen")
    assert (place / "lexicon.csv").read_text() == "mine"


def test_the_folder_is_called_as_the_taxonomy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be the name"):
        new.write(tmp_path / "other", new.plan("ward", "flat", ["A", "B"]))


NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


@settings(max_examples=40, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=5))
def test_whatever_labels_are_called_the_folder_loads_or_the_names_are_refused(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    try:
        plan = new.plan("ward", "flat", names)
    except ConfigError:
        return
    place = tmp_path_factory.mktemp("new") / "ward"
    new.write(place, plan)
    assert [label.code for label in taxonomy.read(place).labels] == list(plan.labels)
    convention.load(place)
    assert bundle.examples(place)
