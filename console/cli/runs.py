"""`metier runs`: what long work is under way, how far it is, and what came of it."""

from typing import Annotated

import typer

from console import database, listing
from console.cli.exits import FAILED, WrongUse
from metier.settings import settings

_EPILOG = """\b
Examples:
  metier runs list
  metier runs show 12
  metier runs cancel 12
"""
app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings={"max_content_width": 110},
    help="See long work: how far it is, its log, what came of it.", epilog=_EPILOG,
)  # fmt: skip

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
Number = Annotated[int, typer.Argument(metavar="ID", help="The number of the run.")]


@app.command("list", epilog="Example:  metier runs list --kind train")
def list_(
    *,
    kind: Annotated[str, typer.Option(help="train …; empty: all.")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many, the newest first.")] = 20,
    as_json: Json = False,
) -> None:
    """List runs, the newest first."""
    from console.runs import headline
    from storage import runs
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = runs.listed(connection, kind, most=most)
    if as_json:
        listing.as_json(found)
        return
    rows = [(run.id, run.state, run.started_at, run.ended_at, headline(run)) for run in found]
    listing.table("Runs", ("id", "state", "started", "ended", "what"), rows)


@app.command(epilog="Example:  metier runs show 12")
def show(run: Number, *, as_json: Json = False) -> None:
    """Show a run: how far it is, its log, what came of it."""
    from console.runs import describe
    from storage import runs
    from storage.engine import reading

    with database.opened(settings()) as engine, reading(engine) as connection:
        found = runs.get(connection, run)
        log = runs.log(connection, run)
    if found is None:
        raise WrongUse(f"there is no run {run}: see `metier runs list`")
    if as_json:
        listing.as_json({"run": found, "log": log})
        return
    for text in describe(found):
        listing.line(text)
    for line in log:
        listing.line(f"  {listing.cell_text(line.at)}  {line.text}")


@app.command(epilog="Example:  metier runs cancel 12")
def cancel(run: Number, *, as_json: Json = False) -> None:
    """Cancel a run that has not ended; whoever executes it notices within a third of its lease."""
    from storage import jobs, run_examples, runs
    from storage.engine import transaction

    with database.opened(settings()) as engine, transaction(engine) as connection:
        found = runs.get(connection, run)
        if found is None:
            raise WrongUse(f"there is no run {run}: see `metier runs list`")
        changed = jobs.cancel(connection, [found.job], reason="cancelled by a person") if found.job else 0
        if changed:
            runs.end(connection, run, state="cancelled", outcome={}, error="cancelled by a person")
            run_examples.drop(connection, run)
    if as_json:
        listing.as_json({"run": run, "cancelled": bool(changed)})
    else:
        listing.line(f"run {run} is cancelled" if changed else f"run {run} has ended already: nothing to cancel")
    if not changed:
        raise typer.Exit(FAILED)
