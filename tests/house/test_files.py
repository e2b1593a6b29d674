"""Files are short, say what is inside, and are called by nouns."""

import ast
from pathlib import Path

import pytest

from tests.house.project import PACKAGES, files, name, sources, tree

LONGEST = 400
VAGUE = {"util", "utils", "helper", "helpers", "common", "base", "manager", "misc", "core", "lib"}
PLUGIN_FOLDERS = {"pipelines/taggers", "scheduler/sources"}


def too_long(text: str) -> bool:
    """Tell whether a file has more lines than one idea needs."""
    return len(text.splitlines()) > LONGEST


def opening_fault(module: ast.Module) -> str | None:
    """Return what is wrong with the docstring of a file."""
    docstring = ast.get_docstring(module)
    if not docstring:
        return "no docstring"
    first = docstring.splitlines()[0]
    return None if first.rstrip().endswith((".", ":", "?")) else f"the first line is no sentence: {first!r}"


def holds_code(module: ast.Module) -> bool:
    """Tell whether there is more than a docstring."""
    return len(module.body) > 1


def prints(module: ast.Module) -> list[int]:
    """Return the lines that call print."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]


@pytest.mark.parametrize("path", [path for path in sources() if "versions" not in path.parts], ids=name)
def test_a_file_stays_short_and_says_first_what_is_inside(path: Path) -> None:
    assert not too_long(path.read_text(encoding="utf-8")), f"{name(path)} has more than {LONGEST} lines: split it"
    fault = opening_fault(tree(path))
    assert fault is None, f"{name(path)}: {fault}"


def test_no_module_has_a_vague_name() -> None:
    vague = [name(path) for path in files() if VAGUE & {part.lower() for part in path.with_suffix("").parts[-2:]}]
    assert vague == [], "name them by what is inside"


def test_a_package_opens_with_a_docstring_and_nothing_more() -> None:
    openings = [path for path in sources() if path.name == "__init__.py" and name(path.parent) not in PLUGIN_FOLDERS]
    assert [name(path) for path in openings if holds_code(tree(path))] == []


def test_only_the_command_line_prints() -> None:
    silent = sources(*(set(PACKAGES) - {"console"}))
    assert {name(path): lines for path in silent if (lines := prints(tree(path)))} == {}


def test_these_rules_can_say_no() -> None:
    assert too_long("x\n" * 401)
    assert not too_long("x\n" * 400)
    assert opening_fault(ast.parse("x = 1")) == "no docstring"
    assert opening_fault(ast.parse('"""A heading"""'))
    assert holds_code(ast.parse('"""Doc."""\nimport os'))
    assert prints(ast.parse("def f():\n    print(1)")) == [2]
