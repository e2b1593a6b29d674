"""The text of a PDF file, line by line; pictures are not looked at, and a scan has no text."""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

from metier.errors import Rejected

PAGES = 60
LETTERS = 500_000


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
                text = page.extract_text()
                letters += len(text)
                if letters > LETTERS:
                    raise Rejected("holds more text than a CV")
                yield from text.splitlines()
    except (PyPdfError, RecursionError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise Rejected("is a damaged PDF; print or export it again") from error
    if not letters:
        raise Rejected("is a PDF without text, a scan perhaps; export it from where it was written")
