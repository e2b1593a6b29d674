"""Every head in the registry learns from the same call and answers with scores that add up to one."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from metier.errors import ConfigError
from metier.types import Example, Label, Origin, Taxonomy, TaxonomyKind, Text
from pipelines import leaderboard
from pipelines.conventions import convention
from pipelines.heads import heads
from pipelines.heads.heads import Lesson
from pipelines.leaderboard import NOTHING, Study
from tests.unit.test_convention_new import begun

WORDS = ("care", "kitchen", "office")
SHIFTS = (
    "Head of {}",
    "{} Assistant",
    "Night {}",
    "{} Trainee",
    "Deputy {}",
    "{} Coordinator",
    "Lead {}",
    "{} Officer",
)


class Letters:
    """An encoder that counts letters."""

    dimension = 26

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        counts = np.array([[text.lower().count(chr(97 + at)) for at in range(26)] for text in texts], dtype=np.float32)
        return counts / np.maximum(np.linalg.norm(counts, axis=1, keepdims=True), 1e-6)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Lesson:
    rules = convention.load(begun(tmp_path_factory.mktemp("ward"), "Care", "Kitchen", "Office"))
    return Lesson(rules.taxonomy, some_examples(), encoder=Letters(), convention=rules)


def some_examples() -> list[Example]:
    more = [f"{shift} {number}" for shift in SHIFTS for number in range(4)]
    return [Example(title.format(word), "ward", word, Origin.SOURCE) for title in more for word in WORDS]


def a_study(lesson: Lesson, **sets: Sequence[Example]) -> Study:
    real = leaderboard.rows_of(
        [Example(f"Chief of {word}", "ward", word, Origin.GOLD) for word in WORDS], lesson.taxonomy
    )
    return Study(lesson.taxonomy, sets, real, np.array([True, False, False]), lesson, draws=20)


@pytest.mark.parametrize("name", heads.quick())
def test_a_head_learns_and_scores_add_up(name: str, lesson: Lesson) -> None:
    taught = heads.teach(name, lesson)
    asked = [Text("Kitchen Assistant 2"), Text("???"), Text("Head of care")]
    scores = taught.scores(asked)
    assert scores.shape == (3, 3)
    assert scores.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert (scores >= 0).all()
    assert np.array_equal(heads.teach(name, lesson).scores(asked), scores)
    if name not in {"majority"}:
        assert scores[0].argmax() == 1


def test_the_majority_knows_only_how_frequent_labels_are(lesson: Lesson) -> None:
    most = [*some_examples(), *some_examples()[2::3]]
    taught = heads.teach("majority", Lesson(lesson.taxonomy, most))
    assert taught.scores([Text("Kitchen")]).argmax() == 2


def test_the_lookup_knows_a_title_again_and_no_other(lesson: Lesson) -> None:
    taught = heads.teach("lookup", lesson)
    again, other = taught.scores([Text("KITCHEN assistant 2"), Text("Kitchen help")])
    assert again.tolist() == [0, 1, 0]
    assert other.tolist() == pytest.approx([1 / 3] * 3)


def test_a_head_that_is_not_there_and_what_it_lacks_are_said(lesson: Lesson) -> None:
    with pytest.raises(ConfigError, match="choose from majority"):
        heads.named(["oracle"])
    with pytest.raises(ConfigError, match="encoder"):
        heads.teach("neighbours", Lesson(lesson.taxonomy, some_examples()))
    with pytest.raises(ConfigError, match="no written rules"):
        heads.teach("rules", Lesson(lesson.taxonomy, some_examples()))


def test_every_entry_is_a_module_that_says_what_it_is() -> None:
    for entry in heads.HEADS.values():
        assert Path(*entry.module.split(".")).with_suffix(".py").exists()
        assert entry.what


def test_a_row_measures_on_its_own_titles_and_on_real_ones(lesson: Lesson) -> None:
    study = a_study(lesson, some=some_examples())
    row = leaderboard.measure(study, "ngrams", "some")
    assert 0.7 * 96 < row.titles < 0.9 * 96
    assert row.own["accuracy"].value > 0.9
    assert row.real["accuracy"].value == 1.0
    assert row.unseen["accuracy"].value == 1.0
    assert "mae" not in row.real


def test_what_cannot_be_taught_has_a_row_that_says_why(lesson: Lesson) -> None:
    one_sided = [example for example in some_examples() if example.code != "care"]
    row = leaderboard.measure(a_study(lesson, some=one_sided), "mixture", "some")
    assert "two examples of 'care'" in row.why
    assert row.real == {}


def test_heads_that_learn_nothing_stand_there_once(lesson: Lesson) -> None:
    study = a_study(lesson, one=some_examples(), two=some_examples())
    assert list(leaderboard.plan(study, ["words", "rules"])) == [("rules", NOTHING), ("words", "one"), ("words", "two")]


def test_the_key_of_a_row_hangs_on_all_that_goes_in(lesson: Lesson) -> None:
    study = a_study(lesson, one=some_examples(), two=some_examples()[1:])
    keys = {leaderboard.key(study, *row, "v1") for row in leaderboard.plan(study, ["words", "rules", "ngrams"])}
    assert len(keys) == 5
    assert leaderboard.key(study, "words", "one", "v1") in keys
    assert leaderboard.key(study, "words", "one", "v2") not in keys


def test_real_titles_are_never_learnt_from(lesson: Lesson) -> None:
    study = a_study(lesson)
    leaked = Example("CHIEF of care (m/w/d)", "ward", "care", Origin.SOURCE)
    assert leaderboard.without([leaked, *some_examples()[:2]], study.real) == some_examples()[:2]


def test_of_two_sets_the_first_says_what_a_title_is() -> None:
    first, second = (Example("Cook", "ward", code, Origin.PSEUDO) for code in ("kitchen", "care"))
    assert leaderboard.joined([first], [second]) == [first]


def test_pseudo_labels_give_way_to_rules_that_are_sure(lesson: Lesson) -> None:
    assert lesson.convention is not None
    wrong, open_ = (Example(title, "ward", "care", Origin.PSEUDO) for title in ("Kitchen Porter", "Porter"))
    assert [one.code for one in leaderboard.relabelled([wrong, open_], lesson.convention)] == ["kitchen", "care"]


def test_an_ordinal_taxonomy_is_measured_by_distance(lesson: Lesson) -> None:
    levels = tuple(Label(word, word.title(), rank=at) for at, word in enumerate(WORDS))
    ordinal = Taxonomy("ward", "1", TaxonomyKind.ORDINAL, levels)
    study = a_study(lesson, some=some_examples())
    row = leaderboard.measure(Study(ordinal, study.sets, study.real, study.made, lesson, 20), "majority", "some")
    assert row.real["mae"].value == 1.0
