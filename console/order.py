"""An order to tag one file, and carrying it out: from an open table to a complete result."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from time import monotonic

from console import reading, screen, showing
from console.repeats import Repeats
from console.tables import xlsx
from console.tables.answers import Answers
from console.tables.formats import format_of, suffix_of
from console.tables.part import Part, Progress, beside, left_over
from console.tables.pipe import Pipe
from console.tagging import CHUNK_ROWS, Alone, Chunk, Engine, Hands, Pen, after, cut
from metier.errors import ConfigError
from metier.types import Taxonomy
from scheduler.reading.lines import Hints
from scheduler.reading.rows import Table
from scheduler.reading.tables import open_table

_SAFE_EVERY = 1.0  # seconds between two marks that a resumed run can go on from
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asked for."""

    file: Path
    output: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)
    top: int = 3
    resume: bool = False
    fields: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of an order."""

    rows: int
    tagged: int
    failed: int
    resumed_after: int
    seconds: float
    output: str
    artifacts: Mapping[str, str]
    damaged: bool  # the input broke off before its end


def carry_out(
    order: Order,
    load: Callable[[], Engine],
    describe: Callable[[str], Taxonomy],
    *,
    recruit: Callable[[], Hands] | None = None,
) -> Summary:
    """Tag the file; who tags is loaded once it is known that the input can be read and the output be written.

    A table of many rows is given to those whom `recruit` brings, where that is said; a short one is not worth them.
    """
    suffix = suffix_of(order.output) if order.output else ".jsonl"
    check(order)
    with open_table(order.file, columns=order.columns, hints=order.hints) as table:
        for note in table.notes:
            screen.say(f"{table.name}: {note}")
        header = () if suffix == ".jsonl" else table.survey()
        chunks = cut(table.rows())
        first = next(chunks, ())
        hands = recruit() if recruit and len(first) == CHUNK_ROWS else Alone(load())
        with closing(hands):
            taxonomies = [describe(name) for name in hands.artifacts]
            answers = Answers(taxonomies, header, beside=showing.COLUMNS if order.fields else {})
            layout = format_of(suffix, answers.columns, {**table.types, **answers.types})
            record = answers.nested if suffix == ".jsonl" else answers.flat
            pen = Pen(layout, record, order.top, reading.with_fields if order.fields else list)
            sink = Part(order.output, layout) if order.output else Pipe()
            with closing(sink):
                return _run(order, table, hands, sink=sink, pen=pen, chunks=chain([first] if first else [], chunks))


def check(order: Order) -> None:
    """Refuse what cannot end well before any time is spent on it."""
    output = order.output
    if output is None:
        if order.resume:
            raise ConfigError("--resume needs --output: what went to standard output cannot be taken up again")
        return
    if order.resume and str(order.file) == "-":
        raise ConfigError("--resume needs a file: standard input cannot be read again from where it was")
    if not output.parent.is_dir():
        raise ConfigError(f"{output}: there is no folder {output.parent}; make it or name another one")
    if not os.access(output.parent, os.W_OK) or (output.exists() and not os.access(output, os.W_OK)):
        raise ConfigError(f"{output}: cannot be written (permission denied); name another file")
    if output.exists() and order.file.exists() and output.samefile(order.file):
        raise ConfigError(f"{output}: is the input as well; name another file")


def _run(order: Order, table: Table, hands: Hands, *, sink: Part | Pipe, pen: Pen, chunks: Iterable[Chunk]) -> Summary:
    began, safe = monotonic(), monotonic()
    run = _identity(order, hands)
    come = first = _begin(order, sink, run)
    errors: list[str] = []
    repeats = Repeats()
    damaged = False
    with _progress(order) as advance, _interruptible(order, lambda: come.rows):
        for chunk, written in hands.written(after(chunks, come.rows), pen):
            sink.write(written.lines)
            errors += written.failed[: _SHOWN - len(errors)]
            repeats.look(chunk)
            damaged = damaged or written.truncated
            failed = len(written.failed)
            come = replace(
                come,
                rows=come.rows + len(chunk),
                tagged=come.tagged + len(chunk) - failed,
                failed=come.failed + failed,
            )
            _check_rows(order, come)
            advance(come.rows, table.done())
            if monotonic() - safe > _SAFE_EVERY:
                sink.mark(come, run)
                safe = monotonic()
        sink.mark(come, run)
        notes = sink.finish()
    _report(errors, come.failed - first.failed, repeats)
    for note in notes:
        screen.say(note)
    where = str(order.output) if order.output else "standard output"
    seconds = round(monotonic() - began, 3)
    return Summary(come.rows, come.tagged, come.failed, first.rows, seconds, where, dict(hands.artifacts), damaged)


def _identity(order: Order, hands: Hands) -> dict[str, object]:
    """Return all that the result depends on, so that no other run's half of it is taken up."""
    status = order.file.stat() if str(order.file) != "-" else None
    return {
        "input": [order.file.name, status.st_size, status.st_mtime_ns] if status else "-",
        "columns": dict(order.columns),
        "encoding and delimiter": [order.hints.encoding, order.hints.delimiter],
        "top": order.top,
        "fields": order.fields,
        "artifacts": dict(hands.artifacts),
    }


def _begin(order: Order, sink: Part | Pipe, run: Mapping[str, object]) -> Progress:
    """Start anew, or take up an unfinished run of the very same kind."""
    found = left_over(order.output) if order.output and order.resume else None
    if isinstance(sink, Part) and found is not None:
        come, earlier = found
        differing = [name for name in run if earlier.get(name) != run[name]]
        if differing:
            raise ConfigError(
                f"{order.output}: the unfinished run cannot be taken up, it differs in: {', '.join(differing)}; "
                "order the same again, or start anew without --resume"
            )
        sink.go_on(come)
        screen.say(f"going on after row {come.rows:,}")
        return come
    if order.resume:
        screen.say("nothing to resume; starting at the first row")
    elif order.output and beside(order.output)[1].exists():
        screen.say("starting anew; what an unfinished run had done is given up (--resume would have taken it up)")
    sink.start()
    begun = Progress()
    sink.mark(begun, run)
    return begun


def _progress(order: Order) -> AbstractContextManager[screen.Advance]:
    """Show how far it is, but not among the results where a terminal shows these."""
    if order.output is None and sys.stdout.isatty():
        return nullcontext(lambda _rows, _share: None)
    return screen.progress("tagging")


def _check_rows(order: Order, come: Progress) -> None:
    if order.output is not None and order.output.suffix.lower() == ".xlsx":
        xlsx.check_rows(come.rows, order.output)


@contextmanager
def _interruptible(order: Order, rows: Callable[[], int]) -> Iterator[None]:
    """Say on Ctrl-C how to go on."""
    try:
        yield
    except KeyboardInterrupt:
        how = "the same command with --resume goes on" if order.output else "with --output, --resume could go on"
        screen.say(f"stopped after row {rows():,}; {how}")
        raise


def _report(errors: Sequence[str], failed: int, repeats: Repeats) -> None:
    for error in errors:
        screen.say(error)
    if failed > len(errors):
        screen.say(f"… and {failed - len(errors):,} more that cannot be tagged; each says why in its place")
    if repeats.count:
        screen.say(f"ids that were there before: {repeats.count:,}, first {repeats.first}; every row is tagged anyway")
