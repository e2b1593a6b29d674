"""Serving loads verified artifacts only, says what is missing, and counts what it does."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from metier.errors import ArtifactDamaged, ConfigError, Rejected
from metier.types import Tag, Text, rounded
from pipelines import answering, artifact, serving
from pipelines.taggers import registry
from tests.installed import artifacts
from worker import batch


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return artifacts(pytestconfig)


@pytest.fixture
def seniority_alone(folder: Path, tmp_path: Path) -> Path:
    """Return a folder that holds a copy of one artifact."""
    digest = artifact.bundled(folder)["seniority"]
    shutil.copytree(folder / "seniority" / digest, tmp_path / "seniority" / digest)
    artifact.set_bundled(tmp_path, "seniority", digest)
    return tmp_path


def test_every_taxonomy_answers_and_a_bad_title_is_set_aside(folder: Path) -> None:
    good, bad, other = serving.load(folder).tag([Text("Leiterin Einkauf"), Text("\x00"), Text("Senior Developer")])
    assert isinstance(bad, Rejected)
    assert isinstance(good, list)
    assert isinstance(other, list)
    first = {name: next(tag for tag in good if tag.taxonomy == name) for name in registry()}
    assert (first["seniority"].code, first["department"].code) == ("lead", "purchasing")


def test_a_text_that_comes_again_is_not_encoded_again(folder: Path, tmp_path: Path) -> None:
    tagging = serving.load(folder, cache=tmp_path, cache_rows=1000)
    before = tagging.counters()
    for _ in range(2):
        tagging.tag([Text("Nurse", "On a ward."), Text("Driver", "Of a lorry.")])
    after = tagging.counters()
    assert (after["texts"] - before["texts"], after["encoded"] - before["encoded"]) == (4, 2)
    assert after["cache_hits"] - before["cache_hits"] == 2
    assert after["encode_seconds"] > 0
    assert after["tag_seconds"] > 0


def test_a_bare_title_is_encoded_only_where_ngrams_are_not_sure_and_its_evidence_says_so(folder: Path) -> None:
    tagging = serving.load(folder, taxonomies=["career"])
    sure, unsure = tagging.tag([Text("Human Resources Officer"), Text("Zyx")], top=1)
    assert isinstance(sure, list)
    assert isinstance(unsure, list)
    assert (sure[0].code, sure[0].sure, sure[0].evidence["read"]) == ("human-resources", True, "n-grams")
    assert (unsure[0].sure, unsure[0].evidence["read"]) == (False, "n-grams and vector")
    assert tagging.counters()["encoded"] == 1


def test_a_worker_works_out_an_answer_once_and_counts_what_it_reused(folder: Path, tmp_path: Path) -> None:
    texts = [Text("Senior Nurse"), Text("\x00"), Text("Grants Translator"), Text("Senior Nurse")]
    first = answering.opened(serving.load(folder), cache=tmp_path, rows=100)
    again = answering.opened(serving.load(folder), cache=tmp_path, rows=100)  # of another child
    one, bad, other, double = first.tag(texts)
    assert isinstance(bad, Rejected)
    assert one == double
    assert first.counters()["reused"] == 1
    answers = again.tag(texts)
    assert [plain(answers[place]) for place in (0, 2, 3)] == [plain(found) for found in (one, other, double)]
    assert (again.counters()["texts"], again.counters()["reused"], again.counters()["encoded"]) == (4, 3, 0)


def test_a_worker_gives_what_is_worth_a_row_of_all_that_serving_says(folder: Path, tmp_path: Path) -> None:
    texts = [Text("Senior Nurse"), Text("Grants Translator"), Text("***"), Text("Leiter*in Einkauf", language="de")]
    ours = answering.opened(serving.load(folder), cache=tmp_path, rows=0)
    for found, whole in zip(ours.tag(texts), serving.load(folder).tag(texts), strict=True):
        assert isinstance(whole, list)
        assert plain(found) == plain(batch.kept(whole))


def plain(outcome: Sequence[Tag] | Exception) -> list[tuple[object, ...]]:
    """Return an answer as it is stored."""
    assert not isinstance(outcome, Exception)
    return [(tag.taxonomy, tag.code, rounded(tag.score), tag.sure, dict(tag.evidence)) for tag in outcome]


def test_a_taxonomy_that_reads_no_vectors_needs_no_encoder(seniority_alone: Path) -> None:
    tagging = serving.load(seniority_alone, taxonomies=["seniority"])
    assert isinstance(tagging.tag([Text("Nurse")])[0], list)
    assert set(tagging.digests) == {"seniority"}


def test_loading_counts_nothing(seniority_alone: Path) -> None:
    assert serving.load(seniority_alone, taxonomies=["seniority"]).counters()["texts"] == 0


def test_missing_artifacts_are_answered_with_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="metier artifacts build"):
        serving.load(tmp_path)


def test_an_unknown_taxonomy_is_answered_with_the_known_ones(folder: Path) -> None:
    with pytest.raises(ConfigError, match="'size': choose from career, department, seniority"):
        serving.load(folder, taxonomies=["size"])


def test_a_champion_that_is_not_here_is_not_replaced_in_silence(seniority_alone: Path) -> None:
    with pytest.raises(ArtifactDamaged):
        serving.load(seniority_alone, champions={"seniority": "0" * 32}, taxonomies=["seniority"])


@pytest.mark.parametrize("name", ["head.safetensors", "seniority/lexicon.csv"])
def test_a_flipped_bit_is_refused_before_it_is_read(seniority_alone: Path, name: str) -> None:
    (path,) = (seniority_alone / "seniority").glob(f"*/{name}")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactDamaged, match=name):
        serving.load(seniority_alone, taxonomies=["seniority"])
