"""`metier tag FILE`: tag a table without a database or a broker."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from console import choices, engines, screen
from console.cli.exits import FAILED, WrongUse
from console.order import Order, Summary, carry_out
from console.tables.pipe import Gone
from console.tagging import Engine, Hands
from metier import logs
from metier.errors import ConfigError, MetierError
from metier.settings import settings
from pipelines import taggers
from pipelines import taxonomy as taxonomies
from scheduler.reading.lines import Hints

Found = TypeVar("Found", Engine, Hands)

_CREW = 4  # processes at the most; each holds models of its own, so more processors become threads of theirs

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 100})

_EPILOG = """\b
Examples:
  metier tag titles.csv                         tags as JSON lines on standard output
  metier tag titles.csv --output tagged.xlsx    the same table, answers added
  metier tag jobs.xlsx --column title=Stellenbezeichnung --output tagged.csv
  metier tag big.parquet --output big.jsonl --resume
  metier tag jobs.jsonl --fields --output jobs.parquet
  zcat cv.jsonl.gz | metier tag - --taxonomy seniority --top 1

FILE needs a column `title`; id, body, company, location and language are used
where they are there (--column names them). Delimiter and encoding of a text
FILE are found out and said. Any FILE may be compressed by gzip.

\b
JSON lines: {"id": …, "title": …, "tags": {"seniority": [{"code": "senior",
"name": "Senior", "score": 0.83, "sure": true}, …]}}, or {"id": …, "error": …}.
Tables add the columns seniority (the code), seniority_name, seniority_score
and seniority_sure for each taxonomy, and error. With --fields JSON lines have
"fields" and tables country, closing, remote, employment, salary_low …. Text
that a spreadsheet would take for a formula gets an apostrophe in .csv.

A row that cannot be tagged has its reason in its place; the others go through.
A killed run leaves OUT.part and OUT.progress; --resume goes on from there.
Artifacts: --artifact, else the champions of the configured database, else the
bundled ones. Exit codes: 0 done, 1 failed (no row could be tagged, FILE breaks
off, no room on the disk), 2 wrong use.
"""


@app.command(epilog=_EPILOG)
def tag(
    *,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV, JSONL, Parquet or XLSX; - is standard input.")
    ],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="OUT", help="Result, by its suffix: .jsonl .csv .xlsx .parquet."),
    ] = None,
    taxonomy: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Tag in this taxonomy; repeatable. Default: all.")
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is the title, id, body …; repeatable."),
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, help="Tags of each taxonomy in JSON lines, best first.")] = 3,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run of the same command.")] = False,
    fields: Annotated[
        bool, typer.Option("--fields", help="Also read salary, workplace, employment, closing date and country.")
    ] = False,
    artifact: Annotated[
        list[str] | None,
        typer.Option(metavar="ARTIFACT", help="Folder of artifacts, or NAME@DIGEST (repeatable), to tag with."),
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Encoding of a text FILE, where the guess is wrong.")
    ] = "",
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="Delimiter of a CSV, where the guess is wrong.")] = "",
    threads: Annotated[int, typer.Option(min=0, help="Processors to compute with; 0: all.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="End with a summary in JSON on standard error.")] = False,
) -> None:
    """Tag a file of job titles or postings; needs no database and no broker."""
    logs.configure(level=settings().log_level, as_json=settings().log_json)
    names = _known(taxonomy or (), list(taggers.registry()))
    order = Order(
        file, output, choices.pairs(column or ()), Hints(encoding, choices.character(delimiter)), top, resume, fields
    )
    try:
        choice = engines.choose(artifact or ())
        processors = threads or os.cpu_count() or 1
        summary = carry_out(
            order, lambda: _load(choice, names, processors), taxonomies.load,
            recruit=(lambda: _recruit(choice, names, processors)) if processors > 1 else None,
        )  # fmt: skip
    except Gone:
        return
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    screen.say(json.dumps(asdict(summary)) if as_json else _said(summary))
    if summary.damaged or (summary.failed and not summary.tagged):
        raise typer.Exit(FAILED)


def _load(choice: engines.Choice, names: Sequence[str], processors: int) -> Engine:
    with _installation():
        engine = engines.load(choice, engines.prepare(choice, names), threads=processors)
    return _announced(choice, engine)


def _recruit(choice: engines.Choice, names: Sequence[str], processors: int) -> Hands:
    from console.crew import Crew

    size = min(processors, _CREW)
    with _installation():
        wanted = engines.prepare(choice, names)
        return _announced(choice, Crew(partial(engines.load, choice, wanted, threads=processors // size), size))


@contextmanager
def _installation() -> Iterator[None]:
    try:
        yield
    except ConfigError as error:  # the installation is at fault, not the command
        raise MetierError(str(error)) from error


def _announced(choice: engines.Choice, found: Found) -> Found:
    screen.say(f"artifacts, {choice.source}: {', '.join(found.artifacts.values())}")
    return found


def _known(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in names:
            raise WrongUse(f"--taxonomy {name}: there is no tagger for such a taxonomy; choose from {', '.join(names)}")
    return list(dict.fromkeys(wanted))


def _said(summary: Summary) -> str:
    rate = f"{(summary.rows - summary.resumed_after) / max(summary.seconds, 0.001):,.0f} a second"
    failed = f", {summary.failed:,} could not be tagged" if summary.failed else ""
    return f"{summary.tagged:,} of {summary.rows:,} rows tagged{failed} ({rate}); result: {summary.output}"
