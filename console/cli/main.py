"""The command `metier`: a table of commands, each imported only when it is called, and the edge where errors end."""

import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand, TyperGroup

from console.cli.exits import DONE, FAILED, WRONG_USE, WrongUse, unusable_settings
from metier.errors import MetierError

# heading → command → module with a typer application called `app`, and what `metier --help` says of it
GROUPS = {
    "Begin": {
        "demo": ("console.cli.demo", "See the system tag a sample feed; ends by itself."),
        "tag": ("console.cli.tag", "Tag a file of titles or postings, offline."),
        "up": ("console.cli.up", "Run the whole system on this machine until stopped."),
        "doctor": ("console.cli.doctor", "Say what is wrong with this installation and what to do."),
    },
    "Bring in": {
        "ingest": ("console.cli.ingest", "Bring a table of postings or titles into the database."),
        "sources": ("console.cli.sources", "See where postings come from, check it, poll by hand."),
        "cv": ("console.cli.cv", "See CVs and where each person stands."),
        "harvest": ("console.cli.harvest", "Build a labelled set out of ReliefWeb's categories."),
    },
    "See and hand out": {
        "status": ("console.cli.status", "Show what waits, how fast work goes, and who works."),
        "tags": ("console.cli.tags", "See the tags of a posting, now or at a moment, and why."),
        "export": ("console.cli.export", "Write what changed, each change exactly once."),
        "duplicates": ("console.cli.duplicates", "See which postings are about one job."),
        "jobs": ("console.cli.jobs", "Look at jobs, try dead ones again, cancel open ones."),
    },
    "Teach and measure": {
        "correct": ("console.cli.correct", "Say what is right for a posting; models learn from it."),
        "examples": ("console.cli.examples", "Bring in, look at and take out labelled texts."),
        "train": ("console.cli.train", "Teach a head with your examples; the gate judges it."),
        "evaluate": ("console.cli.evaluate", "Measure tags on titles that people labelled."),
        "taxonomy": ("console.cli.taxonomy", "Begin a convention, look it over, explain an answer."),
        "leaderboard": ("console.cli.leaderboard", "Compare heads and baselines on labelled titles."),
    },
    "Change models": {
        "artifacts": ("console.cli.artifacts", "Build models, see which serve, promote, roll back, verify."),
        "retag": ("console.cli.retag", "Tag again what was tagged before: look, apply, undo."),
        "shadow": ("console.cli.shadow", "Let a candidate tag beside the champion, and compare."),
        "drift": ("console.cli.drift", "Show whether what comes in has changed since models began."),
        "runs": ("console.cli.runs", "See long work: how far it is, its log, what came of it."),
    },
    "Look after": {
        "db": ("console.cli.db", "Upgrade, check, save and restore the database."),
        "erase": ("console.cli.erase", "Take postings out of everything that keeps something of them."),
        "health": ("console.cli.health", "Say whether this host's scheduler or worker is alive."),
        "worker": ("console.cli.worker", "Run the workers of one queue."),
        "scheduler": ("console.cli.scheduler", "Run a scheduler."),
    },
}
COMMANDS = {name: found for group in GROUPS.values() for name, found in group.items()}

_HELP = """Tag job postings and CV titles.

\b
Try:   metier tag titles.csv --output tagged.csv
More:  metier COMMAND --help

Exit codes: 0 done, 1 failed, 2 wrong use."""


class Lazy(TyperGroup):
    """A group that lists its commands under headings, without importing them."""

    # click's own types are private to typer
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Import the one command that is called."""
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None:
            return name, listed, rest
        module, _ = COMMANDS[name]
        command = typer.main.get_command(import_module(module).app)
        command.name = name
        return name, command, rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands in the order in which somebody new needs them."""
        longest = max(map(len, COMMANDS))
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl([(f"{name:<{longest}}", text) for name, (_, text) in commands.items()])


def main() -> NoReturn:
    """Run the command line; every error ends as one message, never as a traceback."""
    try:
        group()(prog_name="metier")
    except MetierError as error:
        _end(str(error), WRONG_USE if isinstance(error, WrongUse) else FAILED)
    except Exception as error:
        if os.environ.get("METIER_LOG_LEVEL", "").lower() == "debug":
            raise
        if settings_fault := unusable_settings(error):
            _end(settings_fault, WRONG_USE)
        said = next(iter(str(error).splitlines()), "")[:300]  # what follows may quote the rows at hand
        _end(
            f"unexpected {type(error).__name__}: {said}. Set METIER_LOG_LEVEL=debug to see where it comes from", FAILED
        )
    sys.exit(DONE)


def group() -> Lazy:
    """Return the command line with all its commands listed."""
    listed: dict[str, Any] = {
        name: TyperCommand(name, help=text, rich_markup_mode=None) for name, (_, text) in COMMANDS.items()
    }
    return Lazy(name="metier", commands=listed, help=_HELP, no_args_is_help=True, rich_markup_mode=None)


def _end(message: str, code: int) -> NoReturn:
    sys.stderr.write(f"metier: {message}\n")
    sys.exit(code)


if __name__ == "__main__":
    main()
