"""Which format a file name asks for, and what every format can do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from metier.errors import ConfigError

SUFFIXES = (".jsonl", ".csv", ".xlsx", ".parquet")


class Format(Protocol):
    """Turns records into the lines of a growing part file, and the complete part file into the result."""

    def head(self) -> bytes:
        """Return what stands before the first record."""

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return one record as it stands in the part file."""

    def finish(self, part: Path, result: Path) -> list[str]:
        """Make the result out of the complete part file; return what a person should know about it."""


def suffix_of(path: Path) -> str:
    """Return the suffix that decides the format, or say which there are."""
    suffix = path.suffix.lower()
    if path.is_dir():
        raise ConfigError(
            f"{path}: is a folder; name a file in it, with the suffix {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
        )
    if suffix not in SUFFIXES:
        raise ConfigError(f"{path}: the suffix {suffix!r} is no format; use one of {', '.join(SUFFIXES)}")
    return suffix


def format_of(suffix: str, columns: Sequence[str], types: Mapping[str, Any]) -> Format:  # pyarrow ships no types
    """Return the format of a suffix; tables need to know their columns, JSONL takes records as they are."""
    from console.tables import csv, jsonl, parquet, xlsx

    if suffix == ".csv":
        return csv.Csv(columns)
    if suffix == ".xlsx":
        return xlsx.Xlsx(columns)
    if suffix == ".parquet":
        return parquet.Parquet(columns, types)
    return jsonl.Jsonl()
