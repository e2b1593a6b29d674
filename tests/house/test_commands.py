"""Every command explains itself, with an example."""

import re
from typing import Annotated, Any

import typer

from tests.house.commands import leaves, refusal, walk


def without_example(commands: dict[str, Any]) -> list[str]:  # Any: the command class is private to typer
    """Return the commands whose help does not show how to call them."""
    return [path for path, command in commands.items() if not _shown(path, f"{command.help}\n{command.epilog}")]


def unexplained(commands: dict[str, Any]) -> list[str]:
    """Return the options without a word on what they do."""
    pairs = ((path, option) for path, command in commands.items() for option in command.params)
    return [f"{path} {option.name}" for path, option in pairs if not getattr(option, "help", "")]


def test_every_command_shows_an_example() -> None:
    assert without_example(leaves()) == []


def test_every_option_says_what_it_does() -> None:
    assert unexplained(leaves()) == []


def test_these_rules_can_say_no() -> None:
    app = typer.Typer(add_completion=False)
    app.command("list", epilog="Example: metier jobs list --all")(_listing)
    app.command("show")(_bare)
    found = walk("jobs", typer.main.get_command(app))
    assert without_example(found) == ["jobs show"]
    assert unexplained(found) == ["jobs show number"]
    assert refusal(["jobs", "list", "--all", "yes"], found) is None
    assert refusal(["jobs", "drop"], found) == "there is no command `metier jobs drop`"
    assert "--some" in str(refusal(["jobs", "list", "--some"], found))


def _shown(path: str, text: str) -> bool:
    return re.search(rf"\bmetier {path}\b", text) is not None


def _listing(every: Annotated[str, typer.Option("--all", help="All of them.")] = "") -> None:
    """List jobs."""


def _bare(number: int) -> None:
    """Show a job."""
