"""`metier health`: one question for a container's health check."""

import socket
from typing import Annotated

import typer

from console import choices, database, listing
from console.cli.exits import FAILED
from metier.settings import settings

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier health scheduler
  metier health worker --queue tag --within 60

\b
Exit code 0: this host has a heartbeat of it that is young enough; 1: none, or the database does not answer.
"""


@app.command(epilog=_EPILOG)
def health(
    part: Annotated[str, typer.Argument(help="scheduler, worker, or any of them.")],
    *,
    queue: Annotated[str, typer.Option(help="The queue of the worker; empty: any.")] = "",
    within: Annotated[float, typer.Option(min=1, help="Seconds that a heartbeat may be old.")] = 30,
) -> None:
    """Say whether this host's scheduler or worker is alive."""
    from storage import heartbeats
    from storage.engine import reading

    choices.one_of("PART", part, ("scheduler", "worker", "any"))
    with database.opened(settings()) as engine, reading(engine) as connection:
        found = heartbeats.all_since(connection, seconds=within)
    role = f"worker:{queue}" if part == "worker" and queue else part
    alive = [
        row for row in found
        if row.host == socket.gethostname() and (part == "any" or row.role == role or row.role.startswith(f"{role}:"))
    ]  # fmt: skip
    if not alive:
        listing.line(f"no {'process' if part == 'any' else role} of this host was seen in the last {within:g} s")
        raise typer.Exit(FAILED)
    listing.line(f"{len(alive)} alive, the last seen {listing.span(min(row.seen_ago for row in alive))} ago")
