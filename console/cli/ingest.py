"""`metier ingest FILE`: bring a table of postings or titles into the database."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console import choices, database, listing, screen
from console.cli.exits import FAILED, WrongUse
from metier.errors import ConfigError
from metier.settings import settings
from metier.types import Kind, Lane

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_SHOWN = 100
_FORMATS = ("jsonl", "csv", "tsv")
_EPILOG = """\b
Examples:
  metier ingest postings.jsonl
  metier ingest cvs.csv --kind title --source cvs --column title=Position
  metier ingest archive.parquet --lane backfill       live postings go before these
  curl -s https://jobs.example.org/feed.jsonl | metier ingest - --source feed
  mysql --batch --execute "SELECT …" | metier ingest - --source ats --format tsv

CSV, TSV, JSONL, Parquet or XLSX with a column `title` and, where there are, id, body, company, location, country,
language, url, published, closing and kind; of CV titles also start, end and cv (whose position it is). A row with
an id that is known is compared: an edit is tagged again, the
same again is nothing. A row without an id is known by its content. Bad rows are named; the others go through.
Exit codes: 0 done, 1 failed (no row could be saved, or FILE breaks off), 2 wrong use.
"""


@app.command(epilog=_EPILOG)
def ingest(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The table; - is standard input.")],
    *,
    source: Annotated[str, typer.Option(metavar="NAME", help="Where the rows come from. Default: FILE's name.")] = "",
    kind: Annotated[str, typer.Option(help="posting or title, for rows that do not say.")] = "posting",
    lane: Annotated[str, typer.Option(help="live, or backfill for what can wait.")] = "live",
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is the title, id, body …; repeatable."),
    ] = None,
    format_: Annotated[
        str, typer.Option("--format", metavar="NAME", help="jsonl, csv or tsv, if the guess at a text FILE is wrong.")
    ] = "",
    encoding: Annotated[str, typer.Option(metavar="NAME", help="Encoding of a text FILE, if the guess is wrong.")] = "",
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="Delimiter of a CSV, if the guess is wrong.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Bring a table of postings or CV titles into the database, to be tagged."""
    from console.intake import Ear, Intake, take
    from scheduler.reading.lines import Hints

    intake = Intake(
        file,
        _source(source, file),
        Kind(choices.one_of("--kind", kind, list(Kind))),
        Lane(choices.one_of("--lane", lane, list(Lane))),
        choices.pairs(column or ()),
        Hints(encoding, choices.character(delimiter), format_ and choices.one_of("--format", format_, _FORMATS)),
    )
    complaints = Complaints()
    _make_database()
    with database.opened(settings()) as engine, screen.progress("ingesting") as advance:
        try:
            taken = take(engine, intake, Ear(screen.say, complaints.hear, advance))
        except ConfigError as error:
            raise WrongUse(str(error)) from error
    complaints.close()
    if as_json:
        listing.as_json({"source": intake.source, **asdict(taken)})
    else:
        listing.line(
            f"{listing.counted(taken.rows, 'row')} of {intake.source}: {taken.new:,} new, {taken.edited:,} edited, "
            f"{taken.same:,} as before, {taken.bad:,} bad"
        )
        _say_who_tags(taken.new + taken.edited)
    if taken.broken_off or (taken.bad and not taken.good):
        raise typer.Exit(FAILED)


class Complaints:
    """Names bad rows, up to a number that a person can read."""

    def __init__(self) -> None:
        self._count = 0

    def hear(self, message: str) -> None:
        """Name one bad row."""
        self._count += 1
        if self._count <= _SHOWN:
            screen.say(message)

    def close(self) -> None:
        """Say how many were not named."""
        if self._count > _SHOWN:
            screen.say(f"… and {self._count - _SHOWN:,} more bad rows")


def _source(given: str, file: Path) -> str:
    name = given or ("stdin" if str(file) == "-" else file.name.partition(".")[0])
    found = re.sub(r"[^\w.-]+", "-", name).strip("-") if not given else name
    if not found or ":" in found or len(found) > 100 or not found.isprintable():
        raise WrongUse(f"--source {name!r}: give a short name without colons, for example --source feed")
    return found


def _make_database() -> None:
    from storage import migrate

    with database.connected(settings()) as engine:
        if migrate.current(engine) is None:
            migrate.upgrade(engine)
            screen.say(f"made the database {database.shown(settings())}")


def _say_who_tags(due: int) -> None:
    from console.summary import FRESH
    from storage import heartbeats
    from storage.engine import reading

    if not due:
        return
    with database.opened(settings()) as engine, reading(engine) as connection:
        working = heartbeats.count(connection, "worker:tag", seconds=FRESH)
    screen.say("they are being tagged: metier status" if working else "nothing tags them yet: start `metier up`")
