"""What came out, as a table for people and as a file for programs."""

import json
import os
import platform
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.figures import Figures, Verdict

_COLOURS = {"reached": "green", "missed": "red", "shown": "", "not measured": "dim"}


def show(verdicts: Sequence[Verdict], figures: Figures) -> None:
    """Print the figures and the targets."""
    console = Console(width=None if os.isatty(1) else 120)
    measured = Table("figure", "best", "all rounds", title="Measured")
    for name, values in figures.items():
        best = max(values) if _is_rate(name) else min(values)
        measured.add_row(name, _number(best), "  ".join(_number(value) for value in values))
    console.print(measured)
    judged = Table("target", "value", "wanted", "goal", "", title="Targets")
    for verdict in verdicts:
        target, colour = verdict.target, _COLOURS[verdict.word]
        judged.add_row(
            target.says,
            "" if verdict.value is None else f"{_number(verdict.value)} {target.unit}".strip(),
            _wanted(verdict),
            "" if target.goal is None else _number(target.goal),
            f"[{colour}]{verdict.word}[/]" if colour else verdict.word,
        )
    console.print(judged)


def write(path: Path, verdicts: Sequence[Verdict], figures: Figures, *, size: str) -> None:
    """Write everything as JSON."""
    said = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "size": size,
        "machine": {
            "processor": platform.machine(), "cores": os.cpu_count(), "system": platform.system(),
            "python": platform.python_version(), "sqlite": sqlite3.sqlite_version,
        },
        "targets": [
            {
                "target": verdict.target.says, "value": verdict.value, "unit": verdict.target.unit,
                "at_least": verdict.target.at_least, "at_most": verdict.target.at_most, "goal": verdict.target.goal,
                "verdict": verdict.word,
            }
            for verdict in verdicts
        ],
        "figures": {name: list(values) for name, values in figures.items()},
    }  # fmt: skip
    path.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


def _is_rate(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] in {"bare", "through", "again", "plain", "claiming", "offline", "large"}


def _wanted(verdict: Verdict) -> str:
    target = verdict.target
    if target.at_least is not None:
        return f"≥ {_number(target.at_least)}"
    return f"≤ {_number(target.at_most)}" if target.at_most is not None else ""


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
