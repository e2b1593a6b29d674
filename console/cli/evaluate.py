"""`metier evaluate TAXONOMY FILE`: how good the tags are on titles that people labelled."""

from pathlib import Path
from typing import Annotated

import typer

from console import choices, engines, evaluation, evaluation_table, listing, screen, truth_rows
from console.cli.exits import FAILED, WrongUse
from metier import logs
from metier.errors import ConfigError
from metier.settings import settings
from pipelines.evaluation.report import Wish
from scheduler.reading.lines import Hints

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 100})

_EPILOG = """\b
Examples:
  metier evaluate seniority labelled.csv
  metier evaluate department labelled.csv --column label=Abteilung --html report.html
  metier evaluate department labelled.csv --precision 0.9 --json > figures.json
  metier evaluate seniority labelled.csv --artifact seniority@0123456789ab --train mine.csv

FILE needs a column `title` and one with the label (called like the taxonomy,
or `label`): a code or a name, or several that are all right, parted by "|".
body and language are used where they are there; a missing language is found
out. Titles that are alike count as one when intervals are drawn.

Rows whose title taught the artifact are counted and measured apart: only the
figures on unseen rows say what to expect of new titles. --train names further
files that it has learnt from.

--precision asks: which answers may go unread so that 95 in 100 are right? The
answer is a threshold, the share that it keeps, and what of each label is left.
Exit codes: 0 done, 1 failed (no row could be measured), 2 wrong use.
"""


@app.command(epilog=_EPILOG)
def evaluate(
    *,
    taxonomy: Annotated[str, typer.Argument(metavar="TAXONOMY", help="What the labels are of: seniority …")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Labelled titles: CSV, TSV, JSONL, Parquet or XLSX.")],
    artifact: Annotated[
        list[str] | None,
        typer.Option(metavar="ARTIFACT", help="Folder of artifacts, or NAME@DIGEST, to measure. Default: what serves."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=HEADER", help="Which column is the title, label, body …; repeatable."),
    ] = None,
    train: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="Titles that the artifact has learnt from besides; repeatable."),
    ] = None,
    precision: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="How often an answer that goes unread is to be right.")
    ] = 0.95,
    draws: Annotated[int, typer.Option(min=10, max=100_000, help="Bootstrap draws behind the intervals.")] = 1000,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Also write a page with plots; needs no network.")
    ] = None,
    encoding: Annotated[
        str, typer.Option(metavar="NAME", help="Encoding of a text FILE, where the guess is wrong.")
    ] = "",
    delimiter: Annotated[str, typer.Option(metavar="CHAR", help="Delimiter of a CSV, where the guess is wrong.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Measure tags on titles that people labelled: figures with intervals, by label and language."""
    logs.configure(level=settings().log_level, as_json=settings().log_json)
    hints = Hints(encoding, choices.character(delimiter))
    try:
        order = evaluation.Order(
            taxonomy, file, choices.pairs(column or ()), hints, tuple(train or ()), Wish(precision, draws, seed)
        )
        if html is not None:
            evaluation.check_writable(html)
        found = evaluation.carry_out(order, engines.choose(artifact or ()))
    except ConfigError as error:
        raise WrongUse(str(error)) from error
    truth_rows.say_refused(found.refused)
    if html is not None:
        from console import evaluation_page

        html.write_text(evaluation_page.page(found, file.name), encoding="utf-8")
        screen.say(f"written: {html}")
    if as_json:
        listing.as_json(evaluation.plain(found))
    else:
        evaluation_table.show(found)
    if not found.rows:
        raise typer.Exit(FAILED)
