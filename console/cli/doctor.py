"""`metier doctor`: what is wrong with this installation and what to do."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from console import listing
from console.cli.exits import FAILED
from metier.settings import settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier doctor
  metier doctor --json | jq '.[] | select(.level != "ok")'

\b
Exit code 1 when a line says fail; warn is worth a look.
"""
_COLOURS = {"ok": "\x1b[32m", "warn": "\x1b[33m", "fail": "\x1b[31m"}


@app.command(epilog=_EPILOG)
def doctor(*, as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False) -> None:
    """Examine this installation: versions, disk, database, broker, artifacts, sources, processes, ports."""
    from console.doctor import Finding, Level, examine

    found: list[Finding] = []
    for finding in examine(settings()):
        found.append(finding)
        if not as_json:
            _tell(finding.level.value, finding.about, finding.says, finding.do)
    if as_json:
        listing.as_json([asdict(finding) for finding in found])
    if any(finding.level is Level.FAIL for finding in found):
        raise typer.Exit(FAILED)


def _tell(level: str, about: str, says: str, do: str) -> None:
    painted = f"{_COLOURS[level]}{level:<4}\x1b[0m" if sys.stdout.isatty() else f"{level:<4}"
    listing.line(f"{painted}  {about:<26} {says}{f': {do}' if do else ''}")
