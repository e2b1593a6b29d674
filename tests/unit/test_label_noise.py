"""Examples whose label contradicts everything alike are found; what cannot be said is said so."""

from pathlib import Path

import pytest

from metier.example_keys import key
from metier.types import Example, Origin
from pipelines import label_noise, snapshot, taxonomy
from pipelines.classify import Mixture
from pipelines.label_noise import NoCheck
from pipelines.snapshot import Brought
from tests.unit.test_recipe import ROWS, written

PLACES = ("ward", "clinic", "school", "night", "day", "village", "city", "team", "senior", "junior", "lead", "home")


def taken(tmp_path: Path, rows: list[Brought]) -> tuple[snapshot.Snapshot, Path]:
    folder = written(tmp_path, ["text,code,language", *ROWS]).taxonomies / "kind"
    return snapshot.take(folder, rows, never=()), folder


def one(text: str, code: str, place: str = "") -> Brought:
    return Brought(key(text), Example(text, "kind", code, Origin.SOURCE), place)


def test_planted_wrong_labels_are_found_with_what_they_rather_are(tmp_path: Path) -> None:
    pytest.importorskip("cleanlab")
    right = [one(f"{place} nurse {n}", "care") for place in PLACES for n in ("a", "b", "c")]
    right += [one(f"{place} developer {n}", "tech") for place in PLACES for n in ("a", "b", "c")]
    wrong = [one("harbour nurse", "tech", "list.csv line 7"), one("harbour developer", "care", "list.csv line 8")]
    found, folder = taken(tmp_path, [*right, *wrong])
    suspects = label_noise.check(found, taxonomy.read(folder), Mixture(), encoder=None)
    assert {(suspect.place, suspect.code, suspect.suggested) for suspect in suspects} == {
        ("list.csv line 7", "tech", "care"),
        ("list.csv line 8", "care", "tech"),
    }
    assert suspects == label_noise.check(found, taxonomy.read(folder), Mixture(), encoder=None)


def test_few_examples_are_not_judged(tmp_path: Path) -> None:
    found, folder = taken(tmp_path, [one("harbour nurse", "tech")])
    with pytest.raises(NoCheck, match="too few"):
        label_noise.check(found, taxonomy.read(folder), Mixture(), encoder=None)
