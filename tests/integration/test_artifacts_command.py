"""Candidates are promoted through the gate or by name of a reason, rolled back, compared; damaged ones never serve."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipelines import artifact
from pipelines.artifact import Artifact
from storage import artifacts, engine
from storage.engine import reading, transaction
from tests.installed import artifacts as installed
from tests.integration.system import Home

NAME = "seniority"


@pytest.fixture
def root(pytestconfig: pytest.Config) -> Path:
    return installed(pytestconfig)


@pytest.fixture
def serves(root: Path) -> str:
    return artifact.bundled(root)[NAME]


@pytest.fixture
def home(sqlite_database: str, tmp_path: Path, root: Path) -> Home:
    """Return a home with copies of the installation's artifacts, as links so that nothing large is copied."""
    own = tmp_path / "artifacts"
    own.mkdir()
    (own / artifact.POINTER).write_text((root / artifact.POINTER).read_text("utf-8"), "utf-8")
    for name, digest in artifact.bundled(root).items():
        folder = artifact.folder_of(own, name, digest)
        folder.parent.mkdir()
        folder.symlink_to(artifact.folder_of(root, name, digest))
    connected = engine.create(sqlite_database)
    with transaction(connected) as connection:
        artifacts.adopt(connection, artifact.bundled(root))
    connected.dispose()
    return Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database, "METIER_ARTIFACTS": str(own)})


@pytest.fixture
def candidate(home: Home, serves: str) -> Artifact:
    """Make an artifact that answers like the champion and is another one."""
    own = Path(home.settings["METIER_ARTIFACTS"])
    champion = artifact.find(own, NAME, serves)

    def fill(draft: Path) -> None:
        import shutil

        for name in champion.manifest.files:
            (draft / name).parent.mkdir(exist_ok=True)
            shutil.copyfile(champion.folder / name, draft / name)

    return artifact.write(own, replace(champion.manifest, seed=77), fill)


def champion(home: Home) -> str:
    connected = engine.create(home.settings["METIER_DATABASE_URL"])
    with reading(connected) as connection:
        found = artifacts.champions(connection)[NAME]
    connected.dispose()
    return found


def test_with_too_few_labels_a_candidate_stays_one(home: Home, candidate: Artifact, serves: str) -> None:
    ran = home.metier("artifacts", "promote", f"{NAME}@{candidate.digest[:8]}")
    assert ran.returncode == 1
    assert "The gate: cannot judge yet" in ran.stdout
    assert "200 more labels needed" in ran.stdout
    assert champion(home) == serves


def test_a_reason_goes_before_the_gate_and_a_roll_back_before_both(
    home: Home, candidate: Artifact, serves: str
) -> None:
    which = f"{NAME}@{candidate.digest}"
    assert home.answer("artifacts", "promote", which, "--despite-gate", "judged by hand")["before"] == serves
    assert champion(home) == candidate.digest
    assert home.metier("artifacts", "rollback", NAME, "--reason", "worse on nurses").returncode == 0
    assert champion(home) == serves
    assert home.metier("artifacts", "rollback", NAME).returncode == 1
    moves = home.answer("artifacts", "history", NAME)["moves"]
    assert [(move["how"], move["reason"]) for move in moves] == [
        ("rolled back", "worse on nurses"),
        ("promoted", "despite the gate: judged by hand"),
        ("adopted", "the first of its name"),
    ]


def test_with_enough_labels_a_candidate_that_is_no_worse_serves(
    home: Home, candidate: Artifact, tmp_path: Path, root: Path
) -> None:
    rows = "\n".join(f"Leiterin Abteilung {number},lead" for number in range(40))
    (tmp_path / "gold.csv").write_text(f"title,seniority\n{rows}\n", "utf-8")
    home.settings["METIER_GATE_ROWS"] = "40"
    assert home.metier("examples", "import", "gold.csv", "--origin", "gold").returncode == 0
    moved = home.answer("artifacts", "promote", f"{NAME}@{candidate.digest[:12]}", "--reason", "spring")
    assert moved["judged"]["judgement"]["figures"]["own_rows"] == 40
    assert champion(home) == candidate.digest
    assert home.answer("artifacts", "history", NAME)["verdicts"][0]["outcome"] == "passed"


@pytest.mark.parametrize("how", [(), ("--despite-gate", "because")])
def test_flipped_bits_are_refused_whatever_is_said(
    home: Home, candidate: Artifact, serves: str, how: tuple[str, ...]
) -> None:
    weights = candidate.folder / "head.safetensors"
    flipped = bytearray(weights.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    weights.write_bytes(flipped)
    ran = home.metier("artifacts", "promote", f"{NAME}@{candidate.digest}", *how)
    assert ran.returncode == 1
    assert "does not match its manifest" in ran.stderr
    assert champion(home) == serves


def test_two_artifacts_are_compared_down_to_their_answers(home: Home, candidate: Artifact, serves: str) -> None:
    found = home.answer("artifacts", "diff", f"{NAME}@{candidate.digest[:8]}")
    assert found["told"] == {"seed": [77, 0]}
    assert (found["titles"], found["answers"], found["other"]) == (600, [], f"{NAME}@{serves[:12]}")
    assert found["right"][0] == found["right"][1] > 550


def test_a_threshold_is_moved_by_name_and_rolled_back(home: Home, serves: str, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("title\nLeiterin Einkauf\n", "utf-8")

    def tagged() -> tuple[str, float, bool]:
        (best,) = json.loads(home.metier("tag", "one.csv", "--taxonomy", NAME, "--top", "1").stdout)["tags"][NAME]
        return best["code"], best["score"], best["sure"]

    code, score, sure = tagged()
    assert sure
    moved = home.answer("artifacts", "threshold", NAME, "0.9999", "--reason", "look at all")
    assert (moved["before"], champion(home)) == (serves, moved["digest"])
    assert tagged() == (code, score, False)
    assert "already" in home.metier("artifacts", "threshold", NAME, "0.9999").stderr
    assert home.metier("artifacts", "threshold", NAME, "1.5").returncode == 2
    assert home.metier("artifacts", "threshold", "encoder", "0.5").returncode == 1
    reason = home.answer("artifacts", "history", NAME)["moves"][0]["reason"]
    assert reason.startswith("sure from 0.9999 on, before from ")
    assert reason.endswith(": look at all")
    assert home.metier("artifacts", "rollback", NAME).returncode == 0
    assert (champion(home), tagged()) == (serves, (code, score, True))


def test_what_is_named_wrongly_is_said(home: Home, candidate: Artifact) -> None:
    assert home.metier("artifacts", "promote", NAME).returncode == 2
    assert "is no artifact" in home.metier("artifacts", "promote", f"{NAME}@ffff").stderr
    assert home.metier("artifacts", "diff", f"{NAME}@{candidate.digest}", "career@0").returncode in (1, 2)
