"""What a person sees while a command runs: lines and a progress bar, all on standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, float | None], None]


def say(message: str) -> None:
    """Write one line for the person."""
    sys.stderr.write(message.encode("utf-8", "replace").decode() + "\n")


@contextmanager
def progress(what: str) -> Iterator[Advance]:
    """Show a bar on a terminal, nothing elsewhere; the callable takes the rows so far and the share that is done."""
    if not sys.stderr.isatty():
        yield lambda _rows, _share: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        *(TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()),
        *(TextColumn("{task.fields[rows]:,} rows"), TimeElapsedColumn(), TimeRemainingColumn()),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, rows=0)

        def advance(rows: int, share: float | None) -> None:
            if share is None:
                bar.update(task, rows=rows)
            else:
                bar.update(task, rows=rows, completed=share, total=1.0)

        yield advance
