"""Tell what the runs came to: a table for the terminal, JSON to keep, Markdown for the documentation."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.chaos.run import Result

SHOWN = 5


def failures(results: Sequence[Result]) -> list[str]:
    """Return what must not be: a broken promise of ours, or a control without a flaw."""
    found = []
    for result in results:
        name = f"{result.system} on {result.database}"
        found += [f"{name}: a fault could not be done: {error}" for error in result.broken]
        verdict = result.verdict
        if not result.stock:
            for word in ("lost", "doubled", "dead", "wrong"):
                listed = getattr(verdict, word)
                found += [f"{name}: {word}: {what}" for what in listed[:SHOWN]]
                found += [f"{name}: {word}: … {len(listed)} in all"] if len(listed) > SHOWN else []
        elif not (verdict.lost or verdict.doubled):
            found.append(f"{name}: the control lost nothing and doubled nothing, so the checker was not seen to see")
    return found


def show(results: Sequence[Result], console: Console) -> None:
    """Print the tables."""
    summary = _table("Nothing lost, nothing twice", results)
    for word, *cells in _summary(results):
        summary.add_row(word, *cells)
    faults = _table("Faults", results)
    for kind in _kinds(results):
        faults.add_row(kind, *(_count(result, kind) for result in results))
    console.print(faults, summary)
    for result in results:
        for kind, reason in result.skipped.items():
            console.print(f"{result.system}, {result.database}: skipped {kind!r}: {reason}")
    for failure in failures(results):
        console.print(failure, style="bold red", markup=False)


def keep(results: Sequence[Result], path: Path) -> None:
    """Write JSON, and Markdown beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = [asdict(result) | {"rate": round(result.rate, 1)} for result in results]
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False), encoding="utf-8")
    path.with_suffix(".md").write_text(markdown(results), encoding="utf-8")


def markdown(results: Sequence[Result]) -> str:
    """Return both tables as Markdown."""
    head = ["", *map(_name, results)]
    rule = ["---", *["--:"] * len(results)]
    faults = [[kind, *(_count(result, kind) for result in results)] for kind in _kinds(results)]
    lines = [head, rule, *_summary(results), None, ["fault", *head[1:]], rule, *faults]
    return "\n".join("" if line is None else f"| {' | '.join(line)} |" for line in lines) + "\n"


def _table(title: str, results: Sequence[Result]) -> Table:
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for result in results:
        table.add_column(_name(result), justify="right")
    return table


def _name(result: Result) -> str:
    return f"{result.system}, {result.database}"


def _summary(results: Sequence[Result]) -> list[list[str]]:
    """Return a row for each thing that was counted."""
    ways: dict[str, Callable[[Result], str]] = {
        "jobs": lambda r: f"{r.verdict.jobs:,}",
        "faults": lambda r: str(sum(r.faults.values())),
        "kinds of faults": lambda r: str(sum(1 for count in r.faults.values() if count)),
        "lost": lambda r: f"{len(r.verdict.lost):,}",
        "doubled": lambda r: f"{len(r.verdict.doubled):,}",
        "innocents dead, poisons alive": lambda r: "–" if r.stock else f"{len(r.verdict.dead):,}",
        "otherwise wrong": lambda r: "–" if r.stock else f"{len(r.verdict.wrong):,}",
        "planted poisons": lambda r: str(r.verdict.poisons),
        "process starts": lambda r: str(sum(r.starts.values())),
        "minutes": lambda r: f"{r.seconds / 60:.1f}",
        "jobs a second": lambda r: f"{r.rate:.0f}",
    }
    return [[word, *map(way, results)] for word, way in ways.items()]


def _kinds(results: Sequence[Result]) -> list[str]:
    return sorted({kind for result in results for kind, count in result.faults.items() if count})


def _count(result: Result, kind: str) -> str:
    return str(result.faults.get(kind) or "–")
