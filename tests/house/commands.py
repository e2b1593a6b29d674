"""The command line as a table: path → command, groups walked to their leaves."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

import typer

from console.cli.main import COMMANDS


@cache
def leaves() -> dict[str, Any]:  # Any: the command class is private to typer
    """Return every command that does something, by its path: "jobs list"."""
    tops = {name: typer.main.get_command(import_module(module).app) for name, (module, _) in COMMANDS.items()}
    return {path: leaf for name, top in tops.items() for path, leaf in walk(name, top).items()}


def walk(path: str, command: Any) -> dict[str, Any]:
    """Return the leaves below a command, or itself; a group that does something without a leaf is one too."""
    below: Mapping[str, Any] = getattr(command, "commands", {})
    if not below:
        return {path: command}
    own = {path: command} if command.invoke_without_command else {}
    return own | {leaf: found for name, sub in below.items() for leaf, found in walk(f"{path} {name}", sub).items()}


def refusal(words: list[str], known: Mapping[str, Any]) -> str | None:
    """Return why `metier WORDS` would not even start, or nothing."""
    path = next((" ".join(words[:n]) for n in (3, 2, 1) if " ".join(words[:n]) in known), None)
    if path is None:
        return f"there is no command `metier {' '.join(words)}`"
    rest = words[len(path.split()) :]
    try:
        known[path].make_context(path, list(rest))
    except Exception as error:  # noqa: BLE001 -- whatever the parser raises, it refuses
        return f"`metier {' '.join(words)}`: {getattr(error, 'message', '') or type(error).__name__}"
    return None
