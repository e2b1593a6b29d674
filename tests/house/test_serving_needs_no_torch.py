"""Serving needs neither torch nor scikit-learn: it loads and tags where they cannot be imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed import artifacts

BLOCKED = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "onnx")
SERVE = f"""
import sys
for name in {BLOCKED}:
    sys.modules[name] = None
from pathlib import Path
from metier.types import Text
from pipelines import serving
tagging = serving.load(Path(sys.argv[1]))
(tags,) = tagging.tag([Text("Leiterin Einkauf (m/w/d)", body="Procurement of medical supplies")])
assert {{tag.taxonomy for tag in tags}} == set(tagging.artifacts), tags
print(len(tagging.artifacts))
"""
BUILD = """
import sys
for name in ("torch", "transformers", "sentence_transformers"):
    sys.modules[name] = None
from pathlib import Path
from pipelines import installation
print(len(installation.build(Path(sys.argv[1]))))
"""


@pytest.fixture(scope="module")
def folder(pytestconfig: pytest.Config) -> Path:
    return artifacts(pytestconfig)


def ran(code: str, *arguments: str) -> str:
    """Run Python code in a process of its own and return what it prints."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


def test_all_taggers_serve_without_what_only_training_needs(folder: Path) -> None:
    assert int(ran(SERVE, str(folder))) >= 3


def test_an_installation_is_looked_after_without_torch(folder: Path) -> None:
    assert int(ran(BUILD, str(folder))) >= 4
