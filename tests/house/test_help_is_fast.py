"""`metier --help` answers at once, because no command is imported before it is called."""

import subprocess
import sys
from importlib import import_module
from time import perf_counter

import pytest

from console.cli.main import COMMANDS
from tests.house.project import ROOT

LONGEST = 0.5  # seconds, the best of some tries
TRIES = 5
HEAVY = {
    "numpy",
    "onnxruntime",
    "tokenizers",
    "sqlalchemy",
    "sqlmodel",
    "pyarrow",
    "openpyxl",
    "pydantic",
    "celery",
    "rich",
}


def help_of(*words: str) -> float:
    """Return how long the help took, in seconds."""
    began = perf_counter()
    ran = subprocess.run(
        [sys.executable, "-m", "console.cli.main", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    took = perf_counter() - began
    assert "Usage: metier" in ran.stdout
    return took


def test_help_answers_within_half_a_second() -> None:
    assert min(help_of() for _ in range(TRIES)) < LONGEST


def test_help_imports_no_command_and_nothing_heavy() -> None:
    code = (
        "import sys\nsys.argv = ['metier', '--help']\nfrom console.cli import main\n"
        "try:\n    main.main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join(sorted(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.split())
    assert loaded & HEAVY == set()
    assert loaded & {module for module, _ in COMMANDS.values()} == set()


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_listed_command_is_there(name: str) -> None:
    module, text = COMMANDS[name]
    assert import_module(module).app.registered_commands or import_module(module).app.registered_groups
    assert text.endswith(".")
    assert len(text) <= 62, "longer texts are cut off in the list of commands"
