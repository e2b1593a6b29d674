"""The packages import in one direction, load no model library, and share their names with nobody."""

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence

from tests.house.project import PACKAGES, ROOT, modules

MODEL_LIBRARIES = {
    "torch", "transformers", "sentence_transformers", "faiss", "onnx", "onnxruntime", "sklearn", "openai", "tokenizers",
}  # fmt: skip
IDLE = ["alembic", "mako", "psycopg", "requests", "pyarrow", "pypdf", "selectolax"]
NOT_FOR_THE_SCHEDULER = {"pipelines", "worker.tasks", "worker.batch", "worker.labelling", "worker.training"}

PROBE = """
import importlib, json, sys
modules, unwanted = json.loads(sys.argv[1])
for module in modules:
    importlib.import_module(module)
    loaded = sorted(name for name in unwanted if name in sys.modules)
    if loaded:
        sys.exit(f"{module} loads {', '.join(loaded)}")
"""


def loads(names: Sequence[str], unwanted: Iterable[str]) -> str:
    """Import the modules in a process of its own; return which one first loads something unwanted, or nothing."""
    request = json.dumps([list(names), sorted(unwanted)])
    words = [sys.executable, "-W", "error::SyntaxWarning", "-c", PROBE, request]
    probe = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return probe.stderr.strip()


def foreign_owners(names: Iterable[str], distributions: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return the distributions besides ours that install a package under one of our names."""
    owners = {name: sorted(set(distributions.get(name, ())) - {"metier"}) for name in names}
    return {name: others for name, others in owners.items() if others}


def test_no_module_loads_a_model_library_when_it_is_imported() -> None:
    assert loads(modules(), MODEL_LIBRARIES) == ""


def test_the_scheduler_loads_no_tagger_and_no_task() -> None:
    scheduler = [module for module in modules() if module.split(".")[0] == "scheduler"]
    assert loads(scheduler, NOT_FOR_THE_SCHEDULER) == ""


def test_the_import_contracts_hold() -> None:
    words = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    linter = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert linter.returncode == 0, linter.stdout[-3000:] + linter.stderr[-1000:]


def test_no_dependency_owns_one_of_our_names() -> None:
    assert foreign_owners((*PACKAGES, "tests"), importlib.metadata.packages_distributions()) == {}


def test_these_rules_can_say_no() -> None:
    assert loads(["json", "sqlmodel"], {"sqlalchemy"}) == "sqlmodel loads sqlalchemy"
    assert "No module named" in loads(["no_such_module"], {"torch"})
    assert foreign_owners(["worker"], {"worker": ["metier", "other"]}) == {"worker": ["other"]}


def test_the_scheduler_loads_no_library_that_it_does_not_need_all_day() -> None:
    code = f"import sys, scheduler.__main__\nprint([name for name in {IDLE} if name in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
