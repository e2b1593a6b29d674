"""`metier demo` tags the whole sample on the real system, ends by itself and leaves nothing behind."""

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests import installed
from tests.integration.system import METIER, Home, soon


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Path:
    return installed.artifacts(pytestconfig)


@pytest.fixture
def home(artifacts: Path, tmp_path: Path) -> Home:
    return Home(tmp_path / "home", {"METIER_ARTIFACTS": str(artifacts)})


def test_every_sample_posting_is_tagged_and_no_process_stays(home: Home) -> None:
    found = home.answer("demo")
    assert not home.left_behind()
    assert found["counts"]["posting"] >= 200
    assert found["counts"]["title"] >= 300
    assert found["tagged"] == sum(found["counts"].values())
    assert found["dead"] == []
    assert len({row["language"] for row in found["picked"]}) >= 5
    assert all(set(row["tags"]) == {"career", "department", "seniority"} for row in found["picked"])


def test_the_demo_shows_a_table_and_what_to_try_next_and_can_be_repeated(home: Home) -> None:
    for _ in range(2):
        ran = home.metier("demo", "--workers", "1")
        assert ran.returncode == 0, ran.stderr
    assert "746 of 746 tagged" in ran.stdout
    assert "metier tag YOURS.csv" in ran.stderr
    shown = Home(home.path / "demo", home.settings)
    changes = [json.loads(line) for line in shown.metier("export", "-").stdout.splitlines()]
    assert len([change for change in changes if change["event"] == "tagged"]) == 746


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_demo_leaves_no_process(home: Home, number: signal.Signals) -> None:
    home.path.mkdir()
    with subprocess.Popen(
        [*METIER, "demo"], env=home.environment, cwd=home.path.parent, text=True,
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
    ) as demo:  # fmt: skip
        assert demo.stderr is not None
        assert any("loading the models" in line for line in iter(demo.stderr.readline, ""))
        demo.send_signal(number)
        assert demo.wait(12) != 0
    assert soon(lambda: not home.left_behind(), within=12), home.left_behind()
