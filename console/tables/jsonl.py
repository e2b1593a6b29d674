"""JSONL: the part file is the result."""

from collections.abc import Mapping
from pathlib import Path

from console.tables import cells


class Jsonl:
    """One record a line, nested as it is."""

    def head(self) -> bytes:
        """Return nothing: JSONL has no header."""
        return b""

    def line(self, record: Mapping[str, object]) -> bytes:
        """Return the record as JSON."""
        return cells.line(record)

    def finish(self, part: Path, result: Path) -> list[str]:
        """Give the part file its name."""
        part.replace(result)
        return []
