"""`metier harvest reliefweb`: build a labelled set out of ReliefWeb's jobs, over as many days as its quota takes."""

from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console import database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.errors import SourceUnavailable
from metier.settings import settings

if TYPE_CHECKING:
    from scheduler.harvest import Divided, Progress

_EPILOG = """\b
Examples:
  metier harvest reliefweb --since 2015-01-01 --until 2024-04-19 --output careers
  metier harvest reliefweb --since 2015-01-01 --until 2024-04-19 --output careers --balanced

OUTPUT is a folder: train.jsonl, validation.jsonl and test.jsonl (the oldest 80, the next 10, the newest 10 %), with the
career category as label and origin `source`, and taxonomy.json. Jobs with no category, or several, are left out. Repeat
the command until it says that it is done: it goes on where it was, also after a crash or on another day. Labels of jobs
created after 2024-04-18 are largely made by a machine; such rows say so in `machine_labelled`.
Exit codes: 0 done, 1 not done yet or failed, 2 wrong use.
"""
app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

Day = Annotated[
    datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Created on this day or later.")
]
End = Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Created before this day.")]


@app.command(epilog=_EPILOG)
def harvest(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which source; reliefweb is the one that has labels.")],
    *,
    since: Day,
    until: End,
    output: Annotated[Path, typer.Option(metavar="FOLDER", help="A folder of its own.")],
    balanced: Annotated[bool, typer.Option("--balanced", help="As many rows of each label as the rarest has.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Build a labelled set out of a source's own categories, split by time."""
    from scheduler import harvest as harvesting
    from scheduler.ledger import Ledger
    from scheduler.reliefweb import DAILY, NAME, Service, address, written

    if name != NAME:
        raise WrongUse(f"{name} has no labels to harvest; {NAME} has")
    if since >= until:
        raise WrongUse("--until has to be later than --since")
    if not settings().reliefweb_appname:
        raise WrongUse("set METIER_RELIEFWEB_APPNAME; ask for an appname at https://apidoc.reliefweb.int")
    order = harvesting.Order(written(since.replace(tzinfo=UTC)), written(until.replace(tzinfo=UTC)))
    with (
        database.opened(settings()),
        closing(Ledger(settings().database, NAME, daily=DAILY - harvesting.RESERVE)) as ledger,
    ):
        service = Service(address(settings()), settings().reliefweb_appname, spend=ledger.spend)
        with closing(service), screen.progress("harvesting") as advance:
            try:
                progress = harvesting.gather(service, output, order, advance=lambda rows: advance(rows, None))
                harvesting.keep_taxonomy(service, output)
            except SourceUnavailable as error:
                said = str(error).rstrip(".?!")
                screen.say(f"not done yet: {said}. Repeat the command then; it goes on where it was")
                raise typer.Exit(FAILED) from error
    divided = harvesting.divide(output, harvesting.balanced if balanced else harvesting.full)
    if as_json:
        listing.as_json({"folder": str(output), "rows": progress.rows, "unclear": progress.unclear, **asdict(divided)})
    else:
        _show(output, progress, divided)
    if any(divided.machine.values()):
        screen.say(
            f"warning: {sum(divided.machine.values()):,} rows were created after 2024-04-18, when a machine came to "
            "give most labels; they say so in machine_labelled. Measuring on them measures that machine: "
            "--until 2024-04-19 leaves them out"
        )


def _show(output: Path, progress: "Progress", divided: "Divided") -> None:
    listing.line(f"{output}: {progress.rows:,} labelled jobs; {progress.unclear:,} others have no label, or several")
    labels = sorted({label for counts in divided.counts.values() for label in counts})
    rows = [(label, *(counts.get(label, 0) for counts in divided.counts.values())) for label in labels]
    listing.table("Rows", ("label", *divided.counts), rows)
