"""A head learns labels from a handful of titles, listens to its convention, and says why."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Example, Label, Origin, Taxonomy, TaxonomyKind, Text
from pipelines import regression, train
from pipelines.classify import Head, Mixture, weighty
from pipelines.ngrams import hashed
from pipelines.tagger import Batch, Rest

KIND = Taxonomy("kind", "1", TaxonomyKind.FLAT, tuple(Label(code, code) for code in ("care", "sales", "tech")))
ROLES = {
    "care": ["nurse", "carer", "midwife", "krankenpfleger", "infirmier", "care assistant", "hospital nurse"],
    "sales": ["salesman", "sales manager", "verkäufer", "vendeur", "account manager", "sales lead", "key account"],
    "tech": ["developer", "software engineer", "entwickler", "sysadmin", "devops engineer", "programmer", "it support"],
}
EXAMPLES = [
    Example(f"{before}{role}{after}", "kind", code, Origin.SOURCE)
    for code, roles in ROLES.items()
    for role in roles
    for before in ("", "senior ", "junior ")
    for after in ("", " (m/w/d)", " berlin")
]


@dataclass(frozen=True, slots=True)
class Said:
    """A decision."""

    code: str
    confidence: float
    rule: str = "boss rule"
    words: tuple[str, ...] = ("boss",)


@dataclass(frozen=True, slots=True)
class Boss:
    """A convention of one rule."""

    confidence: float

    def decide(self, title: str, *, language: str = "") -> Said | None:
        return Said("sales", self.confidence) if "boss" in title or language == "xx" else None


class Colours:
    """An encoder of two dimensions that counts how often it is asked."""

    dimension = 2

    def __init__(self) -> None:
        self.calls = 0

    def encode(self, texts: list[str]) -> NDArray[np.float32]:
        self.calls += 1
        return np.array([[1, 0] if "nurse" in text else [0, 1] for text in texts], dtype=np.float32)


def a_head(mixture: Mixture | None = None, convention: Boss | None = None) -> Head:
    taught = train.teach(KIND, EXAMPLES, mixture or Mixture(), seed=0, encoder=Colours(), convention=convention)
    return Head(KIND, "kind@0", taught.weights, taught.mixture, convention)


def codes(head: Head, *titles: str) -> list[str]:
    return [tags[0].code for tags in head.tag(Batch([Text(title) for title in titles]))]


def test_titles_like_the_examples_get_their_labels() -> None:
    assert codes(a_head(), "Nurse", "Senior Verkäufer (w/m/d)", "Software Developer") == ["care", "sales", "tech"]


def test_scores_are_probabilities_best_first_and_only_the_first_may_be_sure() -> None:
    (tags,) = a_head().tag(Batch([Text("Sales Nurse")], top=3))
    assert sum(tag.score for tag in tags) == pytest.approx(1, abs=1e-5)
    assert [tag.score for tag in tags] == sorted((tag.score for tag in tags), reverse=True)
    assert not any(tag.sure for tag in tags[1:])


def test_no_more_candidates_are_given_than_asked_for() -> None:
    assert len(a_head().tag(Batch([Text("Nurse")], top=2))[0]) == 2
    assert len(a_head().tag(Batch([Text("Nurse")], top=9))[0]) == 3


def test_the_words_that_speak_most_are_the_evidence() -> None:
    (tags,) = a_head().tag(Batch([Text("Senior Nurse Berlin")]))
    assert tags[0].evidence["words"][0] == "nurse"


def test_the_evidence_is_what_a_look_at_one_word_after_the_other_finds() -> None:
    head = a_head()
    titles = [
        "Senior Nurse Berlin",
        "***",
        "Nurse",
        "Key Account Manager in Berlin",
        "sales sales lead",
        "看護師",
        "a b",
    ]
    batch = Batch([Text(title) for title in titles], top=1)
    shares = head.weights.shares(batch.grams, np.array([0, 1, 2, 1, 1, 0, 2]))
    expected = []
    rest = iter(shares.tolist())
    for title in batch.titles:
        weighed = [(next(rest), word) for word in title.split()]
        best = sorted(weighed, key=lambda pair: -pair[0])[:2]  # of equal ones the earlier goes first
        expected.append([word for share, word in best if share > 0])
    assert weighty(batch, shares) == expected
    assert [] in expected


def test_where_candidates_are_wanted_for_the_unsure_alone_nothing_else_changes() -> None:
    taught = a_head()
    head = replace(taught, mixture=replace(taught.mixture, sure=0.4))
    texts = [Text(title) for title in ("Nurse", "Sales Nurse", "***", "Software Developer", "Berlin")]
    whole, spared = head.tag(Batch(texts)), head.tag(Batch(texts, rest=Rest.WHERE_UNSURE))
    assert spared == [tags[:1] if tags[0].sure else tags for tags in whole]
    assert {len(tags) for tags in spared} == {1, 3}


def test_halves_of_a_batch_want_the_same_candidates() -> None:
    left, right = Batch([Text("Nurse"), Text("Driver")], rest=Rest.WHERE_UNSURE).halves()
    assert (left.rest, right.rest) == (Rest.WHERE_UNSURE, Rest.WHERE_UNSURE)


def test_a_confident_rule_outweighs_the_weights_and_is_the_evidence() -> None:
    (tags,) = a_head(Mixture(rules=20), Boss(0.9)).tag(Batch([Text("Nurse boss")]))
    assert tags[0].code == "sales"
    assert tags[0].evidence == {"rule": "boss rule", "words": ["boss"]}


def test_a_doubtful_rule_is_not_heard() -> None:
    assert codes(a_head(Mixture(rules=20, doubt=0.5), Boss(0.4)), "Nurse boss") == ["care"]


def test_the_convention_is_told_the_language() -> None:
    (tags,) = a_head(Mixture(rules=20), Boss(0.9)).tag(Batch([Text("Nurse", language="xx")]))
    assert tags[0].code == "sales"


def test_a_title_without_words_gets_an_unsure_answer() -> None:
    (tags,) = a_head().tag(Batch([Text("***")]))
    assert tags[0].evidence == {"words": []}
    assert not tags[0].sure


def test_a_text_is_tagged_alike_alone_and_in_a_batch() -> None:
    head = a_head()
    titles = ["Nurse", "***", "Senior Developer", "Leiter Verkauf", "看護師", "ingeniør"]
    together = head.tag(Batch([Text(title) for title in titles]))
    for title, tags in zip(titles, together, strict=True):
        (alone,) = head.tag(Batch([Text(title)]))
        assert [tag.code for tag in alone] == [tag.code for tag in tags]
        assert [tag.score for tag in alone] == pytest.approx([tag.score for tag in tags], abs=1e-5)


def test_a_head_without_vectors_asks_for_none() -> None:
    encoder = Colours()
    a_head().tag(Batch([Text("Nurse")], encoder=encoder))
    assert encoder.calls == 0


def test_a_batch_is_encoded_once_for_two_heads() -> None:
    encoder = Colours()
    batch = Batch([Text("nurse"), Text("devops")], encoder=encoder)
    heads = [a_head(Mixture(vectors=1.0)) for _ in range(2)]
    assert [head.tag(batch)[0][0].code for head in heads] == ["care", "care"]
    assert encoder.calls == 1


def test_a_head_that_reads_vectors_says_when_no_encoder_is_there() -> None:
    with pytest.raises(ConfigError, match="metier artifacts build"):
        a_head(Mixture(vectors=1.0)).tag(Batch([Text("nurse")]))


def test_the_same_examples_and_seed_give_the_same_head() -> None:
    first, again = (train.teach(KIND, EXAMPLES, Mixture(), seed=3) for _ in range(2))
    assert np.array_equal(first.weights.grams, again.weights.grams)
    assert first.mixture == again.mixture


def test_a_correction_outweighs_the_made_titles_that_say_otherwise_and_a_brought_title_does_not() -> None:
    said = {}
    for origin in (Origin.REVIEWED, Origin.SOURCE):
        told = Example("hospital nurse", "kind", "tech", origin)
        taught = train.teach(KIND, [*EXAMPLES, told], Mixture(), seed=0)
        said[origin] = codes(Head(KIND, "kind@0", taught.weights, taught.mixture), "Hospital Nurse", "Nurse", "Vendeur")
    assert said[Origin.REVIEWED] == ["tech", "care", "sales"]
    assert said[Origin.SOURCE] == ["care", "care", "sales"]


def test_corrections_that_count_once_teach_what_other_examples_teach() -> None:
    told, read = (Example("night nurse", "kind", "tech", origin) for origin in (Origin.REVIEWED, Origin.SOURCE))
    once = train.teach(KIND, [*EXAMPLES, told], Mixture(), seed=0, corrections=1)
    other = train.teach(KIND, [*EXAMPLES, read], Mixture(), seed=0)
    assert np.array_equal(once.weights.grams, other.weights.grams)


def test_to_count_an_example_twice_is_to_show_it_twice() -> None:
    twice = [*EXAMPLES, *[Example("night nurse", "kind", "tech", Origin.SOURCE)] * 2]
    shown, counted = [hashed([one.text for one in some]) for some in (twice, twice[:-1])]
    places = {"care": 0, "sales": 1, "tech": 2}
    answers = np.array([places[one.code] for one in twice])
    times = np.append(np.ones(len(twice) - 2, np.float32), np.float32(2))
    first = regression.fit(shown, None, answers, classes=3)
    second = regression.fit(counted, None, answers[:-1], classes=3, times=times)
    asked = hashed(["night nurse", "nurse", "key account"])
    assert np.allclose(first.logits(asked, None), second.logits(asked, None), atol=0.1)


def test_a_label_without_examples_is_named() -> None:
    with pytest.raises(ConfigError, match="two examples of 'tech'"):
        train.teach(KIND, [example for example in EXAMPLES if example.code != "tech"], Mixture(), seed=0)


def test_a_taxonomy_of_many_labels_a_text_is_refused() -> None:
    with pytest.raises(ConfigError, match="several at once"):
        train.teach(replace(KIND, kind=TaxonomyKind.MANY), EXAMPLES, Mixture(), seed=0)
