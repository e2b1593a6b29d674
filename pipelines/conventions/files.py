"""Read the files of a convention folder; every complaint names the file, the line and the remedy."""

import csv
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metier.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a CSV file, with the place where it stands."""

    file: Path
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        """Return the cell of this column, or nothing where the file has no such column."""
        return self.cells.get(column, "")

    def needs(self, column: str) -> str:
        """Return a cell that may not be empty."""
        if value := self[column]:
            return value
        raise wrong(self.file, self.line, f"the column {column!r} is empty", "fill it in, or delete the line")

    def code(self, column: str, known: Collection[str]) -> str:
        """Return a cell that must name a label of the taxonomy."""
        value = self.needs(column)
        if value in known:
            return value
        raise wrong(self.file, self.line, f"{value!r} is no label", f"use one of {', '.join(sorted(known))}")

    def number(self, column: str, *, low: float, high: float) -> float:
        """Return a cell that must be a number between two bounds."""
        try:
            value = float(self.needs(column))
        except ValueError:
            value = low - 1
        if low <= value <= high:
            return value
        raise wrong(
            self.file, self.line, f"{self[column]!r} is no {column}", f"write a number from {low:g} to {high:g}"
        )


def wrong(file: Path, line: int, what: str, remedy: str) -> ConfigError:
    """Return the error for one place in one file."""
    return ConfigError(f"{file}, line {line}: {what}; {remedy}")


def rows(file: Path, columns: Sequence[str]) -> list[Row]:
    """Return the lines of a CSV file that must have these columns, less empty ones and those starting with #."""
    lines = _read(file).splitlines()
    reader = csv.reader(lines, skipinitialspace=True)
    header: list[str] = []
    found: list[Row] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells) or cells[0].startswith("#"):
            continue
        if not header:
            header = [cell.strip() for cell in cells]
            if missing := [column for column in columns if column not in header]:
                remedy = f"the first line must be {','.join(columns)}"
                raise wrong(file, reader.line_num, f"there is no column {missing[0]!r}", remedy)
            continue
        if len(cells) != len(header):
            what = f"{len(cells)} cells, but the first line names {len(header)}"
            raise wrong(file, reader.line_num, what, 'put text that holds a comma in "quotes"')
        found.append(Row(file, reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    return found


def table(file: Path) -> dict[str, Any]:
    """Return a TOML file as a dictionary (its values are whatever the file holds, checked where they are used)."""
    try:
        return tomllib.loads(_read(file))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: this is no valid TOML: {error}; correct that line") from error


def line_of(file: Path, heading: str, number: int) -> int:
    """Return the line of the nth (from 0) occurrence of a heading such as [[rule]], for an error message."""
    places = [at for at, text in enumerate(_read(file).splitlines(), start=1) if text.strip() == heading]
    return places[number] if number < len(places) else 1


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read ({error.strerror}); put the file there") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: is not UTF-8; save it as UTF-8 (in a spreadsheet: CSV UTF-8)") from error
