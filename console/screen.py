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


Show = Callable[[str, int, int | None], None]


@contextmanager
def steps(what: str) -> Iterator[Show]:
    """Show a bar of steps on a terminal, a line a step elsewhere; the callable takes step, number and of how many."""
    last = [""]
    if not sys.stderr.isatty():

        def tell(step: str, done: int, total: int | None) -> None:
            if step and step != last[0]:
                last[0] = step
                say(f"{what}: {step} ({done + 1} of {total})")

        yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda step, done, total: bar.update(task, description=f"{what}: {step}", completed=done, total=total)
