"""The text of a PDF file, line by line; pictures are not looked at, and a scan has no text.

A line that changes between bold and plain once gets a tab there: "HEAD OF PROCUREMENT Northwind Ltd" says by nothing
else where the job ends and the employer begins.
"""

import logging
import warnings
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from metier.errors import Rejected

PAGES = 60
LETTERS = 500_000
_BOLD = ("bold", "black", "heavy")


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of the document."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    letters = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader = PdfReader(path)
            if reader.is_encrypted:
                raise Rejected("is a PDF with a password; save it without one")
            for number, page in enumerate(reader.pages):
                if number >= PAGES:
                    raise Rejected(f"has more than {PAGES} pages, too many for a CV")
                runs = _Runs()
                page.extract_text(visitor_text=runs.see)
                letters += runs.letters
                if letters > LETTERS:
                    raise Rejected("holds more text than a CV")
                yield from runs.lines()
    except (PyPdfError, AssertionError, LookupError, RecursionError, ValueError, TypeError, AttributeError) as error:
        raise Rejected("is a damaged PDF; print or export it again") from error
    if not letters:
        raise Rejected("is a PDF without text, a scan perhaps; export it from where it was written")


class _Runs:
    """The runs of text on a page, each bold or not."""

    def __init__(self) -> None:
        self.letters = 0
        self._found: list[tuple[bool, str]] = []

    def see(self, text: str, _within: Any, _placed: Any, font: Any, _size: Any) -> None:  # Any: as pypdf calls it
        """Take one more run."""
        if self.letters <= LETTERS:
            name = str(font.get("/BaseFont", "")).lower() if isinstance(font, dict) else ""
            self._found.append((any(word in name for word in _BOLD), text))
        self.letters += len(text)

    def lines(self) -> Iterator[str]:
        """Yield the lines, the two halves of some parted by a tab."""
        line: list[tuple[bool, str]] = []
        for bold, text in self._found:
            for number, piece in enumerate(text.split("\n")):
                if number:
                    yield _joined(line)
                    line = []
                line.append((bold, piece))
        yield _joined(line)


def _joined(line: list[tuple[bool, str]]) -> str:
    spoken = [(bold, text) for bold, text in line if text.strip()]
    halves = ["".join(text for _, text in run) for _, run in groupby(spoken, key=lambda run: run[0])]
    return "\t".join(halves) if len(halves) == 2 else "".join(text for _, text in line)
