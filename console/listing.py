"""What a command answers with on standard output: tables for people, tabs for a pipe, JSON for scripts."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Any

from console import framing


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a table: framed on a terminal, plain lines elsewhere. Columns of numbers stand to the right."""
    if not sys.stdout.isatty():
        for row in (header, *rows):
            line("\t".join(_flat(cell) for cell in row))
        return
    numeric = [bool(rows) and all(isinstance(row[place], int | float) for row in rows) for place in range(len(header))]
    framing.show(title, header, [[cell_text(cell) for cell in row] for row in rows], numeric)


def as_json(value: object) -> None:
    """Write values as JSON, moments in ISO 8601."""
    line(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def line(text: str) -> None:
    """Write one line; what the terminal's encoding lacks is replaced."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
    sys.stdout.flush()


def cell_text(cell: object) -> str:
    """Return a value as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    if isinstance(cell, float):
        return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M:%S}"
    return str(cell)


def counted(number: int, noun: str) -> str:
    """Return how many of something there are: 1 posting, 2 postings."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def span(seconds: float | None) -> str:
    """Return a length of time in its two largest units."""
    if seconds is None:
        return "never"
    if seconds < 10:
        return f"{max(seconds, 0.0):.1f} s"
    units = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
    parts: list[str] = []
    left = int(seconds)
    for name, size in units:
        if left >= size or parts:
            parts.append(f"{left // size} {name}")
            left %= size
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if not part.startswith("0 "))


def _flat(cell: object) -> str:
    if isinstance(cell, bool) or cell is None:
        return cell_text(cell)
    if isinstance(cell, datetime):
        return cell.isoformat()
    return " ".join(str(cell).split())


def _plain(value: object) -> Any:  # what the json module can write
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)
