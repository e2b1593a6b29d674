"""The numbers of [calibration] on titles that people labelled, and out of fold; skipped where those are absent."""

from collections.abc import Mapping

import pytest

from metier.types import Text
from pipelines import artifact, head
from pipelines.classify import Head
from pipelines.evaluation import evaluate
from pipelines.tagger import Batch
from tests.installed import artifacts
from tests.quality import calibrate, titles
from tests.quality.calibrate import Split, Wish
from tests.quality.titles import DEV, Labelled

pytestmark = pytest.mark.skipif(not DEV.exists(), reason="the labelled titles are not here")

NAMES = ("seniority", "department")
WISHES: Mapping[str, Wish] = {"seniority": Wish(), "department": Wish(towards=["other"])}
LEAST = {"seniority": (0.93, 0.91), "department": (0.87, 0.85)}  # accuracy and macro-F1


@pytest.fixture(scope="module", params=NAMES)
def found(request: pytest.FixtureRequest, pytestconfig: pytest.Config) -> Head:
    root = artifacts(pytestconfig)
    return head.load(artifact.find(root, request.param, artifact.bundled(root)[request.param]))


@pytest.fixture(scope="module")
def labelled(found: Head) -> Labelled:
    return titles.read(DEV, found.taxonomy)


def test_answers_are_as_good_as_before_and_scores_are_probabilities(found: Head, labelled: Labelled) -> None:
    answers = calibrate.under(calibrate.judge(found, labelled), found.mixture, labelled.groups)
    accuracy, macro_f1 = LEAST[found.taxonomy.name]
    measured = evaluate.values(answers, calibrate.FIGURES)
    assert measured["accuracy"] >= accuracy
    assert measured["macro-F1"] >= macro_f1
    assert measured["ECE"] <= 0.05
    assert measured["right where sure"] >= 0.95
    assert measured["sure"] >= 0.5


def test_what_is_measured_is_what_the_tagger_answers(found: Head, labelled: Labelled) -> None:
    answers = calibrate.under(calibrate.judge(found, labelled), found.mixture, labelled.groups)
    codes = [label.code for label in found.taxonomy.labels]
    tags = found.tag(Batch([Text(title) for title in labelled.titles[:200]]))
    assert [tag[0].code for tag in tags] == [codes[place] for place in answers.given[:200]]


def test_scores_are_probabilities_out_of_fold(found: Head, labelled: Labelled) -> None:
    answers = calibrate.out_of_fold(
        calibrate.judge(found, labelled),
        found.mixture,
        Split.of(labelled.folds()),
        groups=labelled.groups,
        wish=WISHES[found.taxonomy.name],
    )
    measured = evaluate.values(answers, calibrate.FIGURES)
    assert measured["ECE"] <= 0.05
    assert measured["right where sure"] >= 0.93
