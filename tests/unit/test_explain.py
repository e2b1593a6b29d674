"""An explanation adds up to the score, and the nearest titles are those that are written most alike."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from metier.types import Example, Origin, Text
from pipelines import artifact, bundle, explain, head, nearest
from pipelines.classify import Head, Mixture
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Batch
from tests.unit.test_convention_new import begun


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Head:
    folder = tmp_path_factory.mktemp("ward")
    place = begun(folder, "Care", "Kitchen", "Office")
    made = HeadRecipe(Mixture(), taxonomies=place.parent).make(
        "ward", folder / "artifacts", vectors=None, now=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return head.load(artifact.verify(made.folder))


def test_what_is_added_up_gives_the_score(ward: Head) -> None:
    found = explain.explain(ward, Text("Head of Kitchen"))
    added = [one.ngrams + one.vectors + one.rules + one.bias for one in found.shares]
    sums = np.array(added) / ward.mixture.temperature
    scores = np.exp(sums - sums.max()) / np.exp(sums - sums.max()).sum()
    assert [one.score for one in found.shares] == pytest.approx(scores.tolist(), abs=1e-4)
    assert [one.score for one in found.shares] == sorted((one.score for one in found.shares), reverse=True)


def test_it_is_the_answer_that_the_tagger_gives_and_the_words_that_speak_for_it(ward: Head) -> None:
    found = explain.explain(ward, Text("Night Kitchen Officer"))
    tag = ward.tag(Batch([Text("Night Kitchen Officer")]))[0][0]
    assert (found.code, found.sure) == (tag.code, tag.sure)
    assert found.words[0].word == "kitchen"
    assert sum(abs(word.part) for word in found.words) == pytest.approx(1)
    assert found.said is not None
    assert (found.said.code, found.said.rule, list(found.said.words)) == ("kitchen", "lexicon: kitchen", ["kitchen"])


def test_a_title_on_which_nothing_speaks_has_only_the_default(ward: Head) -> None:
    found = explain.explain(ward, Text("Zyx"))
    assert found.said is not None
    assert (found.said.rule, found.said.heard) == ("default", False)
    assert all(one.rules == 0 for one in found.shares)


def test_without_an_artifact_the_convention_is_asked(ward: Head) -> None:
    assert ward.convention is not None
    said = explain.ruled(ward.convention, "Head of Office")
    assert said is not None
    assert said.code == "office"


def test_the_nearest_titles_are_the_most_alike(tmp_path: Path) -> None:
    examples = [
        Example(title, "ward", code, Origin.SOURCE, "en")
        for title, code in [("Kitchen porter", "kitchen"), ("Kitchen Porter (m/w/d)", "kitchen"), ("Nurse", "care")]
    ]
    found = nearest.nearest("kitchen porters", examples)
    assert [one.title for one in found][:2] == ["Kitchen porter", "Kitchen Porter (m/w/d)"]
    assert 0.7 < found[0].likeness < 1
    assert nearest.nearest("NURSE!", examples)[0].likeness == pytest.approx(1)
    assert nearest.nearest("", examples) == []
    assert nearest.nearest("Nurse", []) == []


def test_the_nearest_of_what_the_bundle_makes_is_found_by_its_beginning(tmp_path: Path) -> None:
    place = begun(tmp_path, "Care", "Kitchen", "Office")
    assert {one.code for one in nearest.nearest("Kitchen", bundle.examples(place), count=3)} == {"kitchen"}
