"""A table on a terminal: framed where its words fit side by side, else one line a value."""

from collections.abc import Sequence

_LONG = 32
"""A word of more than so many cells, such as an address, may be cut in two."""
_WIDE, _TIGHT = 3, 1
"""Cells that each column takes for its line, with the blanks beside it and without."""


def show(title: str, header: Sequence[str], cells: Sequence[Sequence[str]], numeric: Sequence[bool]) -> None:
    """Write a table to the terminal, without columns in which nothing stands."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not cells:
        console.print(Text(f"{title}: none", style="bold"))
        return
    filled = [place for place in range(len(header)) if any(row[place] for row in cells)]
    columns = [[header[place], *(row[place] for row in cells)] for place in filled]
    edges = _WIDE if widths(columns, console.width) else _TIGHT
    found = widths(columns, console.width, edges=edges)
    if found is None:
        console.print(Text(title, style="bold"))
        longest = max(len(column[0]) for column in columns)
        for place in range(1, len(cells) + 1):
            for column in (column for column in columns if column[place]):
                console.print(Text(f"  {column[0]:<{longest}}  {column[place]}"), soft_wrap=True)
            console.print()
        return
    framed = Table(title=title, title_justify="left", title_style="bold", header_style="bold", padding=(0, edges // 2))
    for place, column, width in zip(filled, columns, found, strict=True):
        framed.add_column(column[0], justify="right" if numeric[place] else "left", overflow="fold", width=width)
    for place in range(1, len(cells) + 1):
        framed.add_row(*(Text(column[place]) for column in columns))
    console.print(framed)


def widths(columns: Sequence[Sequence[str]], room: int, *, edges: int = _WIDE) -> list[int] | None:
    """Return how wide each column is so that no word is cut, or nothing where that does not fit."""
    from rich.cells import cell_len

    least = [
        min(_LONG, max(cell_len(word) for cell in column for word in (cell.split() or [""]))) for column in columns
    ]
    most = [max(cell_len(cell) for cell in column) for column in columns]
    spare = room - 1 - sum(least) - edges * len(columns)
    if spare < 0:
        return None
    for place in sorted(range(len(columns)), key=lambda place: most[place] - least[place]):
        # the narrowest wishes first: they cost little, and the widest column takes what is left
        added = min(spare, most[place] - least[place])
        least[place] += added
        spare -= added
    return least
