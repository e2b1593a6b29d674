"""`metier shadow` and `metier drift` as a person uses them, and what `metier status` says of both."""

import shutil
from pathlib import Path

import pytest

from pipelines import artifact, serving
from storage import artifacts as registered
from storage import drift, shadows
from storage.drift import Drift
from storage.engine import Engine, create, reading, transaction
from tests.installed import artifacts
from tests.integration.retag_world import Levels
from tests.integration.system import Home
from tests.integration.test_shadow import tag
from worker.shadow import Shadows


@pytest.fixture
def folder(pytestconfig: pytest.Config, tmp_path: Path) -> Path:
    """Return a folder with a copy of one artifact."""
    root = artifacts(pytestconfig)
    digest = artifact.bundled(root)["seniority"]
    shutil.copytree(root / "seniority" / digest, tmp_path / "artifacts" / "seniority" / digest)
    return tmp_path / "artifacts"


def test_a_candidate_is_started_looked_at_and_stopped(folder: Path, sqlite_database: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database, "METIER_ARTIFACTS": str(folder)})
    digest = next((folder / "seniority").iterdir()).name
    wrong = home.metier("shadow", "start", "seniority", "nothing")
    assert (wrong.returncode, "0 artifacts seniority@nothing" in wrong.stderr) == (2, True)
    assert home.answer("shadow", "start", "seniority", digest[:8], "--share", "1")["digest"] == digest
    connected = create(sqlite_database)
    tag(connected, Shadows(lambda name, _: serving.load(folder, champions={name: digest}, taxonomies=[name])), "Nurse")
    (found,) = home.answer("shadow", "report")
    assert (found["compared"], found["agreement"], found["changes"][0]["new"]) == (1, 0.0, "professional")
    assert found["cost_ratio"] > 0
    assert "1-nurse" in home.metier("shadow", "report").stdout
    with transaction(connected) as connection:
        registered.promote(connection, "seniority", digest, expected=None)
        drift.keep(
            connection, [Drift("seniority", f"seniority@{digest[:12]}", "2026-05", "labels", 90, 1000, 0.4, 0.2, True)]
        )
    connected.dispose()
    status = home.answer("status")
    assert [(row["name"], row["share"], row["error"]) for row in status["shadows"]] == [("seniority", 1.0, "")]
    assert [(row["month"], row["alarm"]) for row in status["drift"]] == [("2026-05", True)]
    assert "ALARM" in home.metier("drift", "seniority").stdout
    serves = home.metier("shadow", "start", "seniority", digest)
    assert (serves.returncode, "is the champion itself" in serves.stderr) == (2, True)
    assert home.answer("shadow", "stop", "seniority")["stopped"] is True
    assert home.metier("shadow", "stop", "seniority").returncode == 1


def test_a_candidate_with_a_flipped_bit_is_put_aside_by_name(engine: Engine, folder: Path) -> None:
    digest = next((folder / "seniority").iterdir()).name
    weights = folder / "seniority" / digest / "head.safetensors"
    held = bytearray(weights.read_bytes())
    held[len(held) // 2] ^= 1
    weights.write_bytes(held)

    def load(name: str, wanted: str) -> object:
        return serving.load(folder, champions={name: digest}, taxonomies=[name]) if wanted else Levels("1", [name])

    with transaction(engine) as connection:
        shadows.start(connection, "seniority", digest, share=1)
    tag(engine, Shadows(load), "Nurse")  # type: ignore[arg-type]  # either tags
    with reading(engine) as connection:
        (found,) = shadows.listed(connection)
    assert found.error.startswith("cannot be loaded: ArtifactDamaged: ")
    assert "head.safetensors" in found.error
