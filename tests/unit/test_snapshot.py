"""A snapshot holds each text once, nothing that measures, and goes by who is trusted most."""

from pathlib import Path

import pytest

from metier.example_keys import key
from metier.types import Example, Origin
from pipelines import bundle, snapshot, training
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe
from pipelines.snapshot import Brought
from pipelines.taggers import Plugin
from tests.unit.test_recipe import ROWS, written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path, ["text,code,language", *ROWS]).taxonomies / "kind"


def brought(text: str, code: str, origin: Origin = Origin.REVIEWED) -> Brought:
    return Brought(key(text), Example(text, "kind", code, origin))


def codes(found: snapshot.Snapshot) -> dict[str, str]:
    return {example.text: example.code for example in found.examples}


def test_what_measures_is_not_learnt_from_however_it_is_written(folder: Path) -> None:
    found = snapshot.take(folder, [brought("Ward  SISTER (m/w/d)", "care")], never={key("ward sister")})
    assert "Ward  SISTER (m/w/d)" not in codes(found)
    assert found.counts["held_back"] == 1


def test_gold_is_never_learnt_from(folder: Path) -> None:
    found = snapshot.take(folder, [brought("ward sister", "care", Origin.GOLD)], never=())
    assert [example.text for example in found.examples] == [row.split(",")[0] for row in ROWS]


def test_a_person_goes_before_the_bundle_and_the_bundle_before_the_rest(folder: Path) -> None:
    found = snapshot.take(
        folder,
        [
            brought("Nurse", "tech"),
            brought("Coder", "care", Origin.PSEUDO),
            brought("Coder", "care", Origin.SOURCE),
            brought("Welder", "tech", Origin.SOURCE),
            brought("welder", "care", Origin.PSEUDO),
        ],
        never=(),
    )
    said = codes(found)
    assert (said["Nurse"], said["coder"], said["Welder"]) == ("tech", "tech", "tech")
    assert "nurse" not in said
    assert len(found.examples) == len(ROWS) + 1


def test_where_equals_contradict_each_other_nobody_is_believed_and_it_is_counted(folder: Path) -> None:
    found = snapshot.take(folder, [brought("ward clerk", "care"), brought("Ward clerk", "tech")], never=())
    assert "ward clerk" not in {text.lower() for text in codes(found)}
    assert found.counts["conflicting"] == 1


def test_the_digest_hangs_on_the_examples_and_not_on_their_order(folder: Path) -> None:
    some = [brought("ward sister", "care"), brought("data engineer", "tech")]
    first = snapshot.take(folder, some, never=()).digest()
    assert snapshot.take(folder, some[::-1], never=()).digest() == first
    assert snapshot.take(folder, some[:1], never=()).digest() != first
    assert snapshot.take(folder, [some[0], brought("data engineer", "care")], never=()).digest() != first
    read = brought("data engineer", "tech", Origin.SOURCE)  # weighs less than a correction
    assert snapshot.take(folder, [some[0], read], never=()).digest() != first


def test_the_key_of_a_lesson_hangs_on_all_that_decides(folder: Path) -> None:
    taken = snapshot.take(folder, [], never=())
    plugin = Plugin("kind", HeadRecipe(Mixture(), taxonomies=folder.parent), load=lambda found: found)  # type: ignore[arg-type, return-value]  # never loaded here
    plain = training.lesson(plugin)
    keys = {
        plain.key(taken, ""),
        training.lesson(plugin, seed=1).key(taken, ""),
        training.lesson(plugin, head="full").key(taken, "e"),
        training.lesson(plugin, corrections=3).key(taken, ""),
        plain.key(snapshot.take(folder, [brought("ward sister", "care")], never=()), ""),
    }
    (folder / bundle.EXAMPLES).write_text((folder / bundle.EXAMPLES).read_text() + "\nplumber,tech,en", "utf-8")
    keys.add(plain.key(taken, ""))
    assert len(keys) == 6


def test_the_convention_relabels_where_it_is_sure_and_only_there(tmp_path: Path) -> None:
    recipe = written(tmp_path, ["text,code,language", *ROWS])
    folder = recipe.taxonomies / "kind"
    header = "term,kind,language,code,confidence,priority,group,note"
    lexicon = f"{header}\nnurse,word,,care,0.95,5,,\nclerk,word,,care,0.4,5,,\n"
    (folder / "lexicon.csv").write_text(lexicon, "utf-8")
    rules = bundle.convention(folder)
    rows = [brought("Head Nurse", "tech"), brought("Clerk", "tech"), brought("Welder", "tech")]
    found, changed = snapshot.relabelled(rows, rules, least=0.8)
    assert [one.example.code for one in found] == ["care", "tech", "tech"]
    assert changed == 1


def test_reference_titles_are_learnt_from_neither_bundled_nor_brought(folder: Path) -> None:
    (folder.parent / snapshot.REFERENCE).write_text(
        "title,language,kind\nNight Nurse,en,care\nWelder,en,tech\n", "utf-8"
    )
    found = codes(snapshot.take(folder, [brought("welder", "tech")], never=()))
    assert "carer" in found
    assert not {"night nurse", "welder"} & found.keys()
    assert [(one.text, one.code) for one in snapshot.reference("kind", folder.parent)] == [
        ("Night Nurse", "care"),
        ("Welder", "tech"),
    ]


@pytest.mark.parametrize("name", ["seniority", "department"])
def test_the_bundle_brings_six_hundred_reference_titles(name: str) -> None:
    assert len(snapshot.reference(name)) == 600


def test_an_example_of_a_label_that_the_convention_no_longer_has_is_left_out_and_counted(folder: Path) -> None:
    found = snapshot.take(folder, [brought("Ward clerk", "office"), brought("Welder", "tech")], never=())
    assert "Ward clerk" not in codes(found)
    assert codes(found)["Welder"] == "tech"
    assert (found.counts["of_labels_that_are_gone"], found.counts["held_back"]) == (1, 0)
    assert "of_labels_that_are_gone" not in snapshot.take(folder, [brought("Welder", "tech")], never=()).counts
