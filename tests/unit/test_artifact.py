"""Artifacts appear whole, keep their name while their content is the same, and are refused when damaged."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from metier.errors import ArtifactDamaged, ConfigError
from pipelines import artifact
from pipelines.artifact import Artifact, Manifest


def a_manifest(**changes: object) -> Manifest:
    values = {
        "name": "seniority",
        "base_model": "none",
        "data_digest": "d1",
        "seed": 7,
        "code_version": "0.1.0",
        "created": datetime(2026, 1, 2, tzinfo=UTC),
        "metrics": {"accuracy": 0.9},
        "thresholds": {"sure": 0.5},
        "extra": {"labels": ["junior", "senior"]},
    }
    return Manifest(**(values | changes))  # type: ignore[arg-type]  # a test names any of the fields


def files(**contents: bytes) -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        for name, content in contents.items():
            path = folder / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

    return fill


def an_artifact(root: Path, **changes: object) -> Artifact:
    return artifact.write(root, a_manifest(**changes), files(weights=b"123456", sub__table=b"abc"))


def names(root: Path) -> list[str]:
    return sorted(path.name for path in (root / "seniority").iterdir())


def test_what_was_written_is_read_back_with_its_manifest(tmp_path: Path) -> None:
    written = an_artifact(tmp_path)
    found = artifact.find(tmp_path, "seniority", written.digest)
    assert found == written == artifact.verify(written.folder)
    assert written.folder == tmp_path / "seniority" / written.digest
    assert sorted(found.manifest.files) == ["sub/table", "weights"]
    assert (found.manifest.created, found.manifest.thresholds) == (datetime(2026, 1, 2, tzinfo=UTC), {"sure": 0.5})


def test_the_same_content_is_the_same_artifact_whenever_it_was_made(tmp_path: Path) -> None:
    first = an_artifact(tmp_path)
    later = an_artifact(tmp_path, created=datetime(2027, 1, 1, tzinfo=UTC), metrics={"accuracy": 0.91})
    assert later == first
    assert names(tmp_path) == [first.digest]


@pytest.mark.parametrize("change", [{"seed": 8}, {"thresholds": {"sure": 0.6}}, {"extra": {}}, {"data_digest": "d2"}])
def test_what_a_loader_reads_is_part_of_the_digest(tmp_path: Path, change: dict[str, object]) -> None:
    assert an_artifact(tmp_path).digest != an_artifact(tmp_path, **change).digest


def test_a_fill_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").write_bytes(b"1")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        artifact.write(tmp_path, a_manifest(), fill)
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_says_which_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "seniority").write_text("a file is in the way")
    with pytest.raises(ConfigError, match=r"seniority.*METIER_ARTIFACTS"):
        an_artifact(tmp_path)


@pytest.mark.parametrize("name", ["weights", "sub/table", "manifest.json"])
def test_every_flipped_bit_and_every_cut_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = an_artifact(tmp_path).folder
    path = folder / name
    whole = path.read_bytes()
    for position in range(len(whole)):
        for bit in range(8):
            flipped = bytearray(whole)
            flipped[position] ^= 1 << bit
            path.write_bytes(flipped)
            with pytest.raises(ConfigError, match=path.name):
                artifact.verify(folder)
        path.write_bytes(whole[:position])
        with pytest.raises(ArtifactDamaged, match=path.name):
            artifact.verify(folder)
    path.write_bytes(whole)
    artifact.verify(folder)


@pytest.mark.parametrize("name", ["weights", "manifest.json"])
def test_a_missing_file_is_named_with_its_remedy(tmp_path: Path, name: str) -> None:
    folder = an_artifact(tmp_path).folder
    (folder / name).unlink()
    with pytest.raises(ArtifactDamaged, match=rf"{name}.*metier artifacts build"):
        artifact.verify(folder)


def test_an_artifact_under_the_digest_of_another_is_refused(tmp_path: Path) -> None:
    written = an_artifact(tmp_path)
    written.folder.rename(written.folder.with_name("0" * 32))
    with pytest.raises(ArtifactDamaged, match="instead"):
        artifact.find(tmp_path, "seniority", "0" * 32)


def test_writing_again_mends_a_damaged_artifact(tmp_path: Path) -> None:
    written = an_artifact(tmp_path)
    (written.folder / "weights").write_bytes(b"123457")
    assert an_artifact(tmp_path) == written == artifact.verify(written.folder)
    assert names(tmp_path) == [written.digest]


def test_the_pointer_keeps_one_digest_a_name(tmp_path: Path) -> None:
    assert artifact.bundled(tmp_path) == {}
    artifact.set_bundled(tmp_path, "encoder", "a")
    artifact.set_bundled(tmp_path, "seniority", "b")
    artifact.set_bundled(tmp_path, "encoder", "c")
    assert artifact.bundled(tmp_path) == {"encoder": "c", "seniority": "b"}


@pytest.mark.parametrize("content", ["", "{", "[]", '{"encoder": 1}', "\x00"])
def test_a_damaged_pointer_says_what_to_do(tmp_path: Path, content: str) -> None:
    (tmp_path / "bundled.json").write_text(content)
    with pytest.raises(ArtifactDamaged, match=r"bundled.json.*metier artifacts build"):
        artifact.bundled(tmp_path)
