"""`metier tag FILE`: tag a table without a database or a broker."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console import screen
from console.cli.exits import FAILED, WrongUse
from console.order import Engine, Order, Summary, carry_out
from console.tables.pipe import Gone
from metier.errors import ConfigError, MetierError
from metier.settings import settings
from pipelines import taxonomy as taxonomies
from scheduler.reading.lines import Hints

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Examples:
  metier tag titles.csv                                     tags as JSON lines on standard output
  metier tag titles.csv --output tagged.xlsx                the same table with answers and scores
  metier tag jobs.xlsx --column title=Stellenbezeichnung --output tagged.csv
  metier tag big.parquet --output big.jsonl --resume        goes on where a killed run stopped
  zcat titles.csv.gz | metier tag - --taxonomy seniority --top 1 | jq .tags

\b
FILE needs a column `title`. The columns id, body, company, location and language are used where they are there.
CSV and TSV: delimiter and encoding are found out and said. Any of the formats may be compressed by gzip.
A row that cannot be tagged has an error in its place; the others go through. Exit codes: 0 done, 1 failed
(nothing could be tagged, or FILE breaks off), 2 wrong use.
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
    artifact: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Artifacts to tag with. Default: the database's champions, or the bundled."
        ),
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Encoding of a text FILE, where the guess is wrong.")
    ] = "",
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="Delimiter of a CSV, where the guess is wrong.")] = "",
    threads: Annotated[int, typer.Option(min=0, help="Threads to compute with; 0: one for each processor.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="End with a summary in JSON on standard error.")] = False,
) -> None:
    """Tag a file of job titles or postings; needs no database and no broker."""
    names = _known(taxonomy or (), taxonomies.names())
    order = Order(file, output, _pairs(column or ()), Hints(encoding, _character(delimiter)), top, resume)
    processors = threads or os.cpu_count() or 1
    try:
        summary = carry_out(order, lambda: _engine(artifact, names, threads=processors), taxonomies.load)
    except Gone:
        return
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    screen.say(json.dumps(asdict(summary)) if as_json else _said(summary))
    if summary.damaged or (summary.failed and not summary.tagged):
        raise typer.Exit(FAILED)


def _engine(artifact: Path | None, names: Sequence[str], *, threads: int) -> Engine:
    """Load what the user names, else the champions of the configured database, else what is bundled."""
    from pipelines import serving

    champions = None if artifact else _champions()
    source = str(artifact) if artifact else "the champions of the database" if champions else "bundled"
    root = artifact or settings().artifact_folder
    try:
        engine = serving.load(root, champions=champions, taxonomies=names or None, threads=threads)
    except ConfigError as error:
        raise MetierError(f"{error}") from error
    screen.say(f"artifacts: {source} ({', '.join(sorted(engine.artifacts.values()))})")
    return engine


def _champions() -> Mapping[str, str] | None:
    """Return which artifact serves under each name, None without a database that can say so."""
    configured = settings()
    if not configured.database_url and not (configured.home / "metier.db").exists():
        return None
    from storage import artifacts, engine

    try:
        with engine.reading(engine.create(configured.database)) as connection:
            return artifacts.champions(connection) or None
    except MetierError as error:
        screen.say(f"not asking the database for its champions: {error}")
        return None


def _known(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in names:
            raise WrongUse(f"--taxonomy {name}: there is no such taxonomy; choose from {', '.join(names)}")
    return list(dict.fromkeys(wanted))


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for pair in given:
        name, equals, header = pair.partition("=")
        if not (name and equals and header):
            raise WrongUse(f"--column {pair}: write FIELD=HEADER, for example --column title=Stellenbezeichnung")
        pairs[name.strip()] = header
    return pairs


def _character(given: str) -> str:
    delimiter = {"tab": "\t", "\\t": "\t"}.get(given, given)
    if len(delimiter) > 1 or delimiter in {'"', "\n", "\r"}:
        raise WrongUse(f"--delimiter {given}: give one character, or the word tab")
    return delimiter


def _said(summary: Summary) -> str:
    rate = f"{(summary.rows - summary.resumed_after) / max(summary.seconds, 0.001):,.0f} a second"
    failed = f", {summary.failed:,} could not be tagged" if summary.failed else ""
    return f"{summary.tagged:,} of {summary.rows:,} rows tagged{failed} ({rate}); result: {summary.output}"
