"""The words that a person types do what the pages say of them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.project import ROOT, name, texts
from tests.verify import run, table

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = MAKEFILE.split(".PHONY:")[1].splitlines()[0].split()
CALL = re.compile(r"`make ([a-z-]+)")


def unknown_targets(text: str, targets: list[str]) -> list[str]:
    """Return the targets that a page names and the Makefile lacks."""
    return [target for target in CALL.findall(text) if target not in targets]


def make(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run our Makefile in an empty folder."""
    shutil.copy(ROOT / "Makefile", folder)
    for needed in ("pyproject.toml", "constraints.txt"):
        (folder / needed).touch()
    return subprocess.run(["make", *words], check=False, cwd=folder, capture_output=True, text=True, timeout=60)


def test_pages_name_targets_that_exist() -> None:
    pages = [path for path in texts() if path.suffix == ".md"]
    assert {name(page): gone for page in pages if (gone := unknown_targets(page.read_text("utf-8"), TARGETS))} == {}


def test_help_tells_of_every_target(tmp_path: Path) -> None:
    told = make(tmp_path, "help").stdout
    assert [target for target in TARGETS if target != "help" and f"make {target} " not in told] == []


@pytest.mark.parametrize("interpreter", ["false", "no-such-python"])
def test_an_unfit_python_is_refused_with_a_remedy_and_leaves_nothing(tmp_path: Path, interpreter: str) -> None:
    refused = make(tmp_path, "demo", f"PYTHON={interpreter}")
    assert refused.returncode != 0
    assert "needs Python 3.11 or newer" in refused.stderr
    assert "make demo PYTHON=" in refused.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(("target", "says"), [("demo", "290 MB"), ("test", "560 MB")])
def test_the_download_is_told_before_it_begins(tmp_path: Path, target: str, says: str) -> None:
    planned = make(tmp_path, "--dry-run", target).stdout
    assert says in planned.split("pip", 1)[0]


def test_an_index_for_torch_serves_torch_alone(tmp_path: Path) -> None:
    planned = make(tmp_path, "--dry-run", "test", "TORCH_INDEX=https://torch.example").stdout
    assert [line.split()[-1] for line in planned.splitlines() if "--index-url" in line] == ["torch==2.13.0"]


def test_the_long_run_goes_on_after_a_failure_and_reports_it(tmp_path: Path) -> None:
    results = run({"bad": ("-c", "print('seen'); raise SystemExit(3)"), "good": ("-c", "print(1)")}, tmp_path)
    assert [code for code, _ in results.values()] == [3, 0]
    assert (tmp_path / "bad.txt").read_text() == "seen\n"
    assert "| bad | failed (3) |" in table(results)


def test_these_rules_can_say_no() -> None:
    assert unknown_targets("run `make test` and `make tea`", ["test"]) == ["tea"]
