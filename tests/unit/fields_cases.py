"""Cases of text and what is to be read out of it, from data files that one need not be a programmer to extend."""

import csv
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[dict[str, str]]:
    """Return the lines of a data file."""
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def text_of(row: dict[str, str]) -> str:
    """Name a case by its text."""
    return row["text"]
