"""Kill things, then count: python -m tests.chaos [--short|--full] [--database sqlite|postgres|both]."""

import argparse
import random
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from tests.chaos import report
from tests.chaos.form import CONTROL, FULL, SHORT, Form
from tests.chaos.run import Result, Standing, run
from tests.chaos.stock_system import Stock
from tests.chaos.system import Ours

_REPORTS = Path("reports")


class Progress:
    """One line on a terminal, rewritten; elsewhere a line every ten seconds."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._said = 0.0

    def __call__(self, now: Standing) -> None:
        """Tell how a run stands."""
        if time.monotonic() - self._said < (0 if self._console.is_terminal else 10):
            return
        self._said = time.monotonic()
        line = (
            f"{now.system} on {now.database} {now.seconds:4.0f} s, {now.phase}: {now.accepted:,} of about "
            f"{now.jobs:,} jobs in, {now.waiting:,} open, {now.faults} of {now.planned} faults"
        )
        self._console.print(
            escape(f"{line:110}"), end="\r" if self._console.is_terminal else "\n", highlight=False, soft_wrap=True
        )


def main(words: Sequence[str] | None = None) -> int:
    """Run what was asked for and return the exit status: 1 when a promise was broken."""
    chosen = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, and so ends everything
    form = FULL if chosen.full else SHORT
    form = replace(form, jobs=chosen.jobs or form.jobs, faults=chosen.faults or form.faults)
    seed = random.SystemRandom().randrange(1 << 32) if chosen.seed is None else chosen.seed
    console = Console()
    console.print(f"seed {seed}", highlight=False)
    path = _REPORTS / f"chaos-{time.strftime('%Y%m%d-%H%M%S')}.json"
    results: list[Result] = []
    for kind, database, size in _runs(chosen, form):
        logs = path.with_suffix("") / f"{kind.table}-{database}"
        results.append(run(kind, database, size, seed=seed, tell=Progress(console), logs=logs))
        report.keep(results, path)  # what is known stays known should a later run break off
    report.show(results, console)
    console.print(f"kept in {path}; what the processes said is in {path.with_suffix('')}/", soft_wrap=True)
    return int(bool(report.failures(results)))


def _runs(chosen: argparse.Namespace, form: Form) -> Iterator[tuple[type[Ours] | type[Stock], str, Form]]:
    databases = ["sqlite", "postgres"] if chosen.database == "both" else [chosen.database]
    if not chosen.control:
        yield from ((Ours, database, form) for database in databases)
    if chosen.control or chosen.full:
        yield (
            Stock,
            databases[-1],
            replace(CONTROL, jobs=form.jobs) if chosen.full else replace(form, pace=CONTROL.pace),
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--short", action="store_true", help=f"{SHORT.jobs:,} jobs, about a minute (the default)")
    size.add_argument("--full", action="store_true", help=f"{FULL.jobs:,} jobs and the control, under 30 minutes")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--jobs", type=int, help="so many jobs")
    parser.add_argument("--faults", type=int, help="so many faults")
    parser.add_argument("--seed", type=int, help="repeat the plan of an earlier run")
    parser.add_argument("--control", action="store_true", help="run the stock-Celery control alone")
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
