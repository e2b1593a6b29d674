"""`metier demo`: see the system work on the bundled sample feed."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from console import listing
from console.cli.exits import FAILED
from console.screen import say
from metier.settings import settings

if TYPE_CHECKING:
    from console.demo import Shown
    from metier.types import Taxonomy
    from storage.answers import Answer

app = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings={"max_content_width": 110})

_EPILOG = """\b
Example:
  metier demo

\b
Starts the real system (broker, SQLite database, scheduler, workers) in a fresh folder `demo` of the home folder,
tags sample postings and CV titles in several languages, and ends. No process stays behind.
"""
_NEXT = """
What to try next:
  metier tag YOURS.csv --output tagged.xlsx      tag a table of your own; needs nothing else
  metier up                                      the same system, running on
  metier ingest YOURS.csv                        give it a table; metier status --watch shows how it goes
  METIER_HOME={home} metier export - | head
                                                 what this demo has written
"""


@app.command(epilog=_EPILOG)
def demo(
    workers: Annotated[int, typer.Option(min=0, max=512, help="Worker children; 0: as METIER_WORKERS says.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """See the system tag the bundled sample feed; ends by itself."""
    from console import demo as whole
    from console.supervise import interruptible
    from console.supervise_system import running

    own = whole.settings_of(settings())
    with interruptible():
        whole.clear(own.home)
        children = workers or own.workers
        with running(own, workers=children, tell=say) as system:
            say(f"loading the models in {children} workers")
            whole.await_workers(own, system, children)
            with _bar("tagging the sample feed") as progress:
                shown = whole.run(own, system, progress=progress)
    if as_json:
        listing.as_json(asdict(shown))
    else:
        _show(shown)
        say(_NEXT.format(home=own.home))
    if shown.dead or shown.tagged < sum(shown.counts.values()):
        for job in shown.dead:
            say(f"not tagged: {job.ref}: {job.error}")
        raise typer.Exit(FAILED)


def _show(shown: "Shown") -> None:
    from pipelines import taxonomy

    taxonomies = [taxonomy.load(name) for name in sorted(shown.spread)]
    header = ("kind", "language", "title", *(known.name for known in taxonomies))
    rows = [
        (row.kind.value, row.language, _short(row.title), *(_cell(known, row.tags) for known in taxonomies))
        for row in shown.picked
    ]
    listing.table("A selection (sample data; a score from 0 to 1, ? where it is unsure)", header, rows)
    for known in taxonomies:
        counts = shown.spread[known.name]
        most = ", ".join(f"{_name(known, code)} {count}" for code, count in list(counts.items())[:8])
        listing.line(f"{known.name}: {most}")
    total = sum(shown.counts.values())
    listing.line(
        f"\n{shown.tagged:,} of {total:,} tagged: {shown.counts['posting']:,} postings, {shown.counts['title']:,} CV "
        f"titles; {shown.seconds:.1f} s from the first row in to the last tag committed: "
        f"{total / shown.seconds:,.0f} a second"
    )


def _cell(known: "Taxonomy", tags: "Mapping[str, Answer]") -> str:
    answer = tags.get(known.name)
    return f"{_name(known, answer.code)} {answer.score:.2f}{'' if answer.sure else ' ?'}" if answer else ""


def _name(known: "Taxonomy", code: str) -> str:
    try:
        return known.label(code).name
    except KeyError:
        return code


def _short(title: str) -> str:
    return title if len(title) <= 48 else f"{title[:47]}…"


@contextmanager
def _bar(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress: a bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        told = -1

        def tell(done: int, total: int) -> None:
            nonlocal told
            tenth = done * 10 // max(total, 1)
            if tenth > told:
                told = tenth
                say(f"{what}: {done:,} of {total:,}")

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
