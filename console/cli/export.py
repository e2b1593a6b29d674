"""`metier export OUT`: hand out what changed, each change exactly once."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console import choices, database, listing, screen
from console.cli.exits import WrongUse
from console.filtering import filtered
from metier.errors import ConfigError
from metier.fields import Remote
from metier.settings import settings

if TYPE_CHECKING:
    from console.exporting import Growing, Page, Wanted
    from storage.engine import Engine
    from storage.filters import Filter

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_AT_ONCE = 5000
_NUMBERED = 20_000
_EPILOG = """\b
Examples:
  metier export changes.jsonl                    the first time all, then what is new since the last time
  metier export changes.xlsx --source reliefweb --taxonomy seniority
  metier export people.jsonl --kind title --cvs  whose position each title is, and where that person stands
  metier export - --since 1200 | jq .tags        standard output; the new cursor is said on standard error
  metier export swiss.csv --country CH --remote remote --salary-from 90000CHF

Each time a posting is tagged is one change (event `tagged`), and each time it joins or leaves a cluster of
near-duplicates is one (`clustered`), in the order of `seq`. `cluster` is the number of the first posting about the
same job; fields are those that the posting has now. OUT.cursor beside OUT says how far it is; when OUT is taken
away, the next run begins a new one with what is new. With --since OUT is written anew, with the changes after that
cursor. When a posting is erased, a line with event `erased` and its number says so.
The options choose by what a posting is now, and by its present tags.
"""


@app.command(epilog=_EPILOG)
@filtered("since", "untagged")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help=".jsonl .csv .xlsx .parquet; - is standard output.")],
    *,
    wanted: "Filter",
    since: Annotated[int | None, typer.Option(min=0, metavar="CURSOR", help="Changes after this; 0: all.")] = None,
    country: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only work in this country (CH, KE); repeatable.")
    ] = None,
    remote: Annotated[
        list[str] | None, typer.Option(metavar="HOW", help="Only remote, hybrid or onsite; repeatable.")
    ] = None,
    salary_from: Annotated[
        str,
        typer.Option("--salary-from", metavar="AMOUNT", help="Only where a year may pay so much: 60000EUR."),
    ] = "",
    cvs: Annotated[
        bool, typer.Option("--cvs", help="Add whose position a title is, its dates, and where that person stands.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="End with a summary in JSON (standard error for OUT -).")
    ] = False,
) -> None:
    """Write the changes since the last export, each exactly once."""
    from console.exporting import CV_COLUMNS, Wanted
    from pipelines import taxonomy as taxonomies
    from storage.retags import choosing

    chosen = choosing(wanted)
    shown = Wanted(
        wanted.taxonomies,
        [code.upper() for code in country or ()],
        [choices.one_of("--remote", how, list(Remote)) for how in remote or ()],
        _amount(salary_from) if salary_from else None,
    )
    names = list(wanted.taxonomies) or taxonomies.names()
    with database.opened(settings()) as engine:
        end = _numbered(engine)
        if since is not None:
            _check_cursor(since, end, f"--since {since}")
        if str(out) == "-":
            written, cursor = _to_pipe(_pages(engine, (since or 0, end), chosen, cvs=cvs), shown, since=since or 0)
        else:
            growing = _opened(out, names, since, further=CV_COLUMNS if cvs else ())
            _check_cursor(growing.cursor, end, f"{out}.cursor")
            pages = _pages(engine, (growing.cursor, end), chosen, cvs=cvs)
            written, cursor = sum(growing.add(page, shown) for page in pages), growing.cursor
            for note in growing.finish():
                screen.say(note)
    summary = {"written": written, "cursor": cursor, "out": str(out)}
    if as_json and str(out) != "-":
        listing.as_json(summary)
    else:
        screen.say(f"{listing.counted(written, 'change')} written; cursor {cursor}")


def _amount(given: str) -> tuple[float, str]:
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]{3})", given.strip())
    if not found:
        raise WrongUse(f"--salary-from {given}: write an amount for a year and its currency, for example 60000EUR")
    return float(found[1]), found[2].upper()


def _opened(out: Path, taxonomies: list[str], since: int | None, *, further: "Sequence[str]") -> "Growing":
    from console.exporting import Growing

    try:
        return Growing(out, taxonomies, further).begin(since)
    except ConfigError as error:
        raise WrongUse(str(error)) from error


def _to_pipe(pages: "Iterator[Page]", wanted: "Wanted", *, since: int) -> tuple[int, int]:
    from console.exporting import record
    from console.tables.cells import line
    from console.tables.pipe import Gone, Pipe

    pipe, written, cursor = Pipe(), 0, since
    try:
        for page in pages:
            rows = page.told(wanted, record)
            pipe.write(b"".join(line(row) for row in rows))
            written, cursor = written + len(rows), page.changes[-1].seq
    except Gone:
        screen.say("the reader has gone; how much it took is not known")
    return written, cursor


def _numbered(engine: "Engine") -> int:
    """Number what is committed now and return the last number; what is written meanwhile is left to the next run."""
    from storage import outbox
    from storage.engine import transaction

    while True:
        with transaction(engine) as connection:
            if outbox.number(connection, most=_NUMBERED) < _NUMBERED:
                return outbox.last(connection)


def _check_cursor(cursor: int, end: int, said_by: str) -> None:
    """Refuse a cursor of another database, or of one that was set back: changes up to it would never be handed out."""
    if cursor > end:
        raise WrongUse(
            f"{said_by}: the last change of this database is {end}, the cursor is at {cursor}; was the database "
            "restored, or is it another one? Give --since with a cursor of this database, or 0 for all"
        )


def _pages(engine: "Engine", between: tuple[int, int], chosen: "Filter", *, cvs: bool) -> "Iterator[Page]":
    """Yield the changes after one cursor up to another, in order."""
    from console.exporting import Page
    from console.people import of_postings
    from storage import outbox
    from storage.engine import reading

    since, end = between
    while since < end:
        with reading(engine) as connection:
            changes = outbox.read(connection, since, _AT_ONCE, wanted=chosen)
            numbers = [change.posting for change in changes] if cvs else []
            told = of_postings(connection, numbers, today=datetime.now(UTC).date()) if numbers else {}
        if not changes:
            return
        since = changes[-1].seq
        yield Page(changes, told)
