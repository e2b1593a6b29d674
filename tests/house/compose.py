"""Read docker-compose.yml, Dockerfile and .dockerignore into plain values."""

import re
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import yaml

from tests.house.project import ROOT

ASKED = re.compile(r"\$\{(\w+)")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of a Dockerfile, with the stage that it stands in."""

    stage: int
    word: str
    rest: str


def services() -> dict[str, dict[str, Any]]:  # Any: YAML
    """Return the services of docker-compose.yml."""
    found: dict[str, dict[str, Any]] = loaded()["services"]
    return found


def loaded() -> dict[str, Any]:
    """Return docker-compose.yml."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return found


def instructions(text: str) -> list[Instruction]:
    """Return the instructions of a Dockerfile."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    found: list[Instruction] = []
    stage = -1
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        stage += word == "FROM"
        if word:
            found.append(Instruction(stage, word, re.sub(r"\s+", " ", rest.strip())))
    return found


def asked_for(value: object) -> set[str]:
    """Return the variables that a value takes from the environment of `docker compose`."""
    return set(ASKED.findall(str(value)))


def environment(steps: list[Instruction], stage: int) -> dict[str, str]:
    """Return what the ENV instructions of a stage set."""
    words = " ".join(step.rest for step in steps if step.word == "ENV" and step.stage == stage).split()
    return dict(word.split("=", 1) for word in words)


def let_through(name: str, ignore: str) -> bool:
    """Tell whether .dockerignore sends this top-level name to the builder; the last line that matches decides."""
    sent = True
    for line in ignore.splitlines():
        pattern = line.strip().removeprefix("!")
        if pattern and not line.startswith("#") and fnmatch(name, pattern):
            sent = line.startswith("!")
    return sent
