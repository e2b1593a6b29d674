"""A bare title is encoded only where n-grams alone are not sure, and each answer says what it was read from."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from metier.types import Example, Origin, Text
from pipelines import artifact, bare, bare_views, explain, head, train
from pipelines.bare import ALONE, READ, WHOLE, Sparing
from pipelines.bare_views import Views
from pipelines.calibrate import Judged
from pipelines.classify import Head, Lone, Mixture
from pipelines.tagger import Batch, Rest
from tests.unit.test_classify import EXAMPLES, KIND
from tests.unit.test_recipe import NOW

READS = Mixture(vectors=1.0)


class Listening:
    """An encoder of two dimensions that remembers what it was asked."""

    dimension = 2

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        self.asked += texts
        return np.array([[1, 0] if "nurse" in text.lower() else [0, 1] for text in texts], dtype=np.float32)


@pytest.fixture(scope="module")
def whole() -> Head:
    taught = train.teach(KIND, EXAMPLES, READS, seed=0, encoder=Listening())
    alone = train.teach(KIND, EXAMPLES, Mixture(), seed=0)
    first = replace(alone.mixture, temperature=0.5, sure=0.9)
    lone = Lone(alone.weights, first, replace(taught.mixture, sure=0.8))
    return Head(KIND, "kind@0", taught.weights, taught.mixture, lone=lone)


@pytest.fixture
def sparing(whole: Head) -> Sparing:
    found = bare.over(whole)
    assert isinstance(found, Sparing)
    return found


def test_only_titles_that_ngrams_are_not_sure_of_are_encoded(sparing: Sparing) -> None:
    encoder = Listening()
    texts = [Text("Senior Nurse"), Text("Zyx"), Text("Sales Manager"), Text("***")]
    answers = sparing.tag(Batch(texts, encoder=encoder))
    assert encoder.asked == ["Zyx", "***"]
    assert [tags[0].evidence[READ] for tags in answers] == [ALONE, WHOLE, ALONE, WHOLE]
    assert [tags[0].code for tags in answers][::2] == ["care", "sales"]
    assert [tags[0].sure for tags in answers] == [True, False, True, False]


def test_a_posting_with_a_body_is_encoded_whatever_ngrams_say_and_a_blank_body_is_none(sparing: Sparing) -> None:
    encoder = Listening()
    answers = sparing.tag(Batch([Text("Senior Nurse", "On a ward."), Text("Senior Nurse", " \n")], encoder=encoder))
    assert encoder.asked == ["Senior Nurse\nOn a ward."]
    assert [tags[0].evidence[READ] for tags in answers] == [WHOLE, ALONE]


def test_the_answers_of_either_view_are_those_that_it_gives_by_itself(sparing: Sparing) -> None:
    texts = [Text(title) for title in ("Senior Nurse", "Berlin", "Key Account Nurse", "Entwickler", "Zyx", "***")]
    for rest in Rest:
        encoder = Listening()
        mixed = sparing.tag(Batch(texts, encoder=encoder, rest=rest))
        alone = sparing.first.tag(Batch(texts, rest=rest))
        left = sparing.rest.tag(Batch(texts, encoder=Listening(), rest=rest))
        for item, tags, one, other in zip(texts, mixed, alone, left, strict=True):
            expected = other if item.title in encoder.asked else one
            assert [(tag.code, tag.sure, tag.evidence) for tag in tags] == [
                (tag.code, tag.sure, tag.evidence) for tag in expected
            ]
            assert [tag.score for tag in tags] == pytest.approx([tag.score for tag in expected], abs=1e-5)
        assert 0 < len(encoder.asked) < len(texts)


def test_a_text_is_encoded_once_however_many_taggers_ask(sparing: Sparing, whole: Head) -> None:
    encoder = Listening()
    batch = Batch([Text("Senior Nurse"), Text("Zyx"), Text("Berlin")], encoder=encoder)
    sparing.tag(batch)
    sparing.tag(batch)
    whole.tag(batch)
    assert sorted(encoder.asked) == ["Berlin", "Senior Nurse", "Zyx"]
    assert batch.vectors.tolist() == [[1, 0], [0, 1], [0, 1]]


def test_titles_that_are_all_sure_need_no_encoder_at_all(sparing: Sparing) -> None:
    assert sparing.tag(Batch([Text("Senior Nurse"), Text("Sales Manager")]))[1][0].code == "sales"
    assert sparing.tag(Batch([])) == []


def test_an_explanation_is_that_of_the_view_that_answers(sparing: Sparing) -> None:
    for title, read in (("Senior Nurse", ALONE), ("Zyx", WHOLE)):
        asked = Text(title)
        view = sparing.decides(Batch([asked], encoder=Listening()))
        told = explain.explain(view, asked, encoder=Listening())
        (tags,) = sparing.tag(Batch([asked], encoder=Listening()))
        assert (told.read, told.code, told.sure) == (read, tags[0].code, tags[0].sure)
        assert told.shares[0].score == pytest.approx(tags[0].score, abs=1e-5)
        assert any(share.vectors for share in told.shares) == (read == WHOLE)


def test_a_head_without_the_view_is_left_as_it_is(whole: Head) -> None:
    plain = replace(whole, lone=None)
    assert bare.over(plain) is plain


def many() -> list[Example]:
    """Return so many examples, of which one in ten says nothing, that enough can be held out."""
    return [
        Example(f"{'' if n % 10 == 0 else role} x{n}", "kind", code, Origin.SOURCE)
        for n in range(600)
        for code, role in (("care", "nurse"), ("sales", "salesman"), ("tech", "developer"))
    ]


def test_the_view_is_taught_where_enough_is_held_out_and_survives_its_artifact(tmp_path: Path) -> None:
    examples = many()
    taught = train.teach(KIND, examples, READS, seed=0, encoder=Listening())
    with_view = bare_views.beside(taught, KIND, examples, seed=0)
    lone = with_view.lone
    assert lone is not None
    assert lone.weights.vectors is None
    assert with_view.metrics["bare_not_encoded"] == pytest.approx(0.9, abs=0.05)
    assert with_view.metrics["bare_not_encoded_accuracy"] >= 0.95
    assert with_view.metrics["accuracy"] == taught.metrics["accuracy"]
    folder = tmp_path / "kind"
    folder.mkdir()
    labels = "\n".join(f'[[labels]]\ncode = "{label.code}"\nname = "x"' for label in KIND.labels)
    (folder / "taxonomy.toml").write_text(f'name = "kind"\nversion = "1"\nkind = "flat"\n{labels}\n', "utf-8")
    manifest = head.describe(with_view, "kind", data="x", seed=0, encoder=None, created=NOW)
    found = bare.over(
        head.load(artifact.verify(head.write(tmp_path / "a", with_view, folder, manifest=manifest).folder))
    )
    assert isinstance(found, Sparing)
    assert (found.lone.first, found.lone.rest) == (lone.first, lone.rest)
    encoder = Listening()
    found.tag(Batch([Text("Nurse"), Text("Qqq")], encoder=encoder))
    assert encoder.asked == ["Qqq"]


def test_where_too_little_is_held_out_every_title_is_encoded() -> None:
    taught = train.teach(KIND, EXAMPLES, READS, seed=0, encoder=Listening())
    assert bare_views.beside(taught, KIND, EXAMPLES, seed=0) is taught
    plain = train.teach(KIND, many(), Mixture(), seed=0)
    assert bare_views.beside(plain, KIND, many(), seed=0) is plain


def views(right_alone: float, seed: int = 0) -> Views:
    """Return what two views say of many titles: scores that rise with how often the one of n-grams is right."""
    random = np.random.default_rng(seed)
    size, codes = 4000, ["a", "b"]
    truth = random.integers(0, 2, size)
    strength = random.uniform(0, 4, size)
    chance = 0.5 + (right_alone - 0.5) * strength / 4
    said = np.where(random.uniform(size=size) < chance, truth, 1 - truth)
    alone = np.zeros((size, 2), dtype=np.float32)
    alone[np.arange(size), said] = strength
    whole = np.zeros((size, 2), dtype=np.float32)
    whole[np.arange(size), truth] = np.where(random.uniform(size=size) < 0.9, 3, -3)
    decided = [None] * size
    return Views(Judged(alone, decided, codes, truth), Judged(whole, decided, codes, truth), Mixture(vectors=1.0))


def test_ngrams_decide_where_they_are_right_as_often_as_wished_and_never_otherwise() -> None:
    told = views(0.99).metrics(right=0.95)
    assert told["bare_not_encoded"] > 0.1
    assert told["bare_not_encoded_accuracy"] == pytest.approx(0.95, abs=0.02)
    assert views(0.8).metrics(right=0.95)["bare_not_encoded"] < 0.02


def test_a_threshold_that_is_given_is_the_least_for_both_views() -> None:
    first, rest = views(0.99).numbers(right=0.95, least=0.999)
    assert (first.sure, rest.sure) >= (0.999, 0.999)
