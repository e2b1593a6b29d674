"""How a leaderboard is shown: as a table on the terminal, in Markdown for a page, as JSON for a script."""

from collections.abc import Mapping, Sequence
from typing import Any

from console import listing
from console.evaluation import plain
from pipelines.evaluation.draws import Interval
from pipelines.leaderboard import Row


def markdown(found: Sequence[Row]) -> str:
    """Return the table as it is put into a page."""
    head, *rows = _cells(found)
    return (
        "\n".join([f"| {' | '.join(head)} |", "|" + "---|" * len(head), *(f"| {' | '.join(row)} |" for row in rows)])
        + "\n"
    )


def show(found: Sequence[Row]) -> None:
    """Write the table to standard output."""
    head, *rows = _cells(found)
    listing.table("Leaderboard", head, rows)


def as_plain(found: Sequence[Row]) -> list[Any]:  # JSON
    """Return the rows as JSON."""
    return [plain(row) for row in found]


def _cells(found: Sequence[Row]) -> list[list[str]]:
    mae = ["mae"] if any("mae" in row.real for row in found) else []
    head = ["Head", "Learnt from", "Titles", "Own: accuracy", "Real: accuracy", "macro-F1"]
    table = [[*head, *(["MAE"] if mae else []), "ECE", "Unseen: accuracy", "Unseen: macro-F1", "Seconds"]]
    for row in found:
        if row.why:
            table.append([row.head, row.learnt, f"{row.titles:,}", row.why, *[""] * (len(table[0]) - 4)])
            continue
        figures = [_cell(row.own, "accuracy"), *(_cell(row.real, name) for name in ("accuracy", "macro_f1", *mae))]
        figures += [f"{row.real['ece'].value:.3f}", _cell(row.unseen, "accuracy"), _cell(row.unseen, "macro_f1")]
        table.append([row.head, row.learnt, f"{row.titles:,}", *figures, f"{row.seconds:g}"])
    return table


def _cell(figures: Mapping[str, Interval], name: str) -> str:
    return str(figures[name]) if name in figures else "–"
