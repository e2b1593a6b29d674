"""The contract of every tagger; a new file in `pipelines/taggers` is tested unasked."""

import math
import subprocess
import sys
from pathlib import Path

import pytest

from metier.types import Tag, Text
from pipelines import serving, taxonomy
from pipelines.serving import Serving
from pipelines.taggers import registry
from tests.installed import artifacts

NAMES = list(registry())
ODD = [
    "Krankenpfleger (m/w/d)", "看護師", "مدير المبيعات", "Ingénieur·e R&D", "👩‍⚕️", "***", "a\x00b", "\ud800 Nurse",
    "n" * 1900, "Z̸a̸l̸g̸o̸ Manager", "İŞ GELİŞTİRME MÜDÜRÜ", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "0",
]  # fmt: skip
HEAVY = [
    "torch",
    "transformers",
    "sentence_transformers",
    "sklearn",
    "scipy",
    "onnxruntime",
    "tokenizers",
    "safetensors",
]


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return artifacts(pytestconfig)


@pytest.fixture(scope="module", params=NAMES)
def tagging(request: pytest.FixtureRequest, folder: Path) -> Serving:
    return serving.load(folder, taxonomies=[request.param])


def tags(tagging: Serving, *texts: Text, top: int = 3) -> list[list[Tag]]:
    outcomes = tagging.tag(texts, top=top)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    return [outcome for outcome in outcomes if isinstance(outcome, list)]


def test_an_empty_batch_gets_an_empty_answer(tagging: Serving) -> None:
    assert tagging.tag([]) == []


def test_odd_texts_get_an_answer_each_in_their_order(tagging: Serving) -> None:
    together = tags(tagging, *(Text(title) for title in ODD))
    assert len(together) == len(ODD)
    for title, found in zip(ODD, together, strict=True):
        (alone,) = tags(tagging, Text(title))
        # the int8 encoder rounds by the batch that a text is in, so its scores move a little
        assert {tag.code: tag.score for tag in alone}.get(found[0].code) == pytest.approx(found[0].score, abs=0.15)


def test_codes_are_of_the_taxonomy_and_scores_are_probabilities_best_first(tagging: Serving) -> None:
    (name,) = tagging.artifacts
    codes = {label.code for label in taxonomy.load(name).labels}
    for found in tags(tagging, *(Text(title, body="Some body.\x00" * 400) for title in ODD), top=50):
        assert {tag.taxonomy for tag in found} == {name}
        assert {tag.code for tag in found} <= codes
        assert len({tag.code for tag in found}) == len(found)
        assert all(math.isfinite(tag.score) and 0 <= tag.score <= 1 for tag in found)
        assert [tag.score for tag in found] == sorted((tag.score for tag in found), reverse=True)


def test_no_more_candidates_come_than_asked_for(tagging: Serving) -> None:
    assert len(tags(tagging, Text("Nurse"), top=1)[0]) == 1


def test_the_artifact_is_named_by_digest(tagging: Serving) -> None:
    ((name, artifact),) = tagging.artifacts.items()
    assert artifact == f"{name}@{tagging.digests[name][:12]}"


def test_finding_the_taggers_loads_no_model_library() -> None:
    code = "import sys; from pipelines.taggers import registry; registry(); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not [name for name in HEAVY if f"'{name}'" in done.stdout]
