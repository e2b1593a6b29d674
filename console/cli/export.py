"""`metier export OUT`: hand out what changed, each change exactly once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console import choices, database, listing, screen
from console.cli.exits import WrongUse
from metier.errors import ConfigError
from metier.settings import settings
from metier.types import Kind

if TYPE_CHECKING:
    from console.exporting import Wanted
    from storage.engine import Engine
    from storage.outbox import Change

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_AT_ONCE = 5000
_NUMBERED = 20_000
_EPILOG = """\b
Examples:
  metier export changes.jsonl                    the first time all, then what is new since the last time
  metier export changes.xlsx --source reliefweb --taxonomy seniority
  metier export people.jsonl --kind title --cvs  whose position each title is, and where that person stands
  metier export - --since 1200 | jq .tags        standard output; the new cursor is said on standard error

\b
Each time a posting is tagged is one change, in the order of `seq`. OUT.cursor beside OUT says how far it is; when
OUT is taken away, the next run begins a new one with what is new. With --since OUT is written anew, with the
changes after that cursor. When a posting is erased, a line with event `erased` and its number says so.
"""


@app.command(epilog=_EPILOG)
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help=".jsonl .csv .xlsx .parquet; - is standard output.")],
    *,
    since: Annotated[int | None, typer.Option(min=0, metavar="CURSOR", help="Changes after this; 0: all.")] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only of this source; repeatable.")] = None,
    taxonomy: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only these tags; repeatable.")] = None,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only in this language; repeatable.")
    ] = None,
    kind: Annotated[str, typer.Option(help="Only posting or title.")] = "",
    cvs: Annotated[
        bool, typer.Option("--cvs", help="Add whose position a title is, its dates, and where that person stands.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="End with a summary in JSON (standard error for OUT -).")
    ] = False,
) -> None:
    """Write the changes since the last export, each exactly once."""
    from console.exporting import Wanted
    from pipelines import taxonomy as taxonomies

    known = taxonomies.names()
    for name in taxonomy or ():
        choices.one_of("--taxonomy", name, known)
    wanted = Wanted(
        source or (),
        taxonomy or (),
        language or (),
        Kind(choices.one_of("--kind", kind, list(Kind))) if kind else None,
        {} if cvs else None,
    )
    with database.opened(settings()) as engine:
        if str(out) == "-":
            written, cursor = _to_pipe(engine, wanted, since or 0)
        else:
            written, cursor = _to_file(engine, wanted, out, since=since, taxonomies=taxonomy or known)
    summary = {"written": written, "cursor": cursor, "out": str(out)}
    if as_json and str(out) != "-":
        listing.as_json(summary)
    else:
        screen.say(f"{written:,} changes written; cursor {cursor}")


def _to_file(
    engine: "Engine", wanted: "Wanted", out: Path, *, since: int | None, taxonomies: list[str]
) -> tuple[int, int]:
    from console.exporting import CV_COLUMNS, Growing

    try:
        growing = Growing(out, taxonomies, () if wanted.cvs is None else CV_COLUMNS).begin(since)
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    written = sum(growing.add(changes, wanted) for changes in _changes(engine, growing.cursor, wanted))
    for note in growing.finish():
        screen.say(note)
    return written, growing.cursor


def _to_pipe(engine: "Engine", wanted: "Wanted", since: int) -> tuple[int, int]:
    from console.exporting import record
    from console.tables.cells import line
    from console.tables.pipe import Gone, Pipe

    pipe, written, cursor = Pipe(), 0, since
    try:
        for changes in _changes(engine, since, wanted):
            passed = [change for change in changes if wanted.passes(change)]
            pipe.write(b"".join(line(record(change, wanted)) for change in passed))
            written, cursor = written + len(passed), changes[-1].seq
    except Gone:
        screen.say("the reader has gone; how much it took is not known")
    return written, cursor


def _changes(engine: "Engine", since: int, wanted: "Wanted") -> "Iterator[list[Change]]":
    """Yield what is committed now, in order; what is written meanwhile is left to the next run."""
    from storage import outbox
    from storage.engine import reading, transaction

    while True:
        with transaction(engine) as connection:
            if outbox.number(connection, most=_NUMBERED) < _NUMBERED:
                end = outbox.last(connection)
                break
    while since < end:
        with reading(engine) as connection:
            changes = outbox.read(connection, since, _AT_ONCE)
            if wanted.cvs is not None:
                from console.people import of_postings

                today = datetime.now(UTC).date()
                wanted.cvs.clear()
                wanted.cvs.update(of_postings(connection, [change.posting for change in changes], today=today))
        if not changes:
            return
        since = changes[-1].seq
        yield changes
