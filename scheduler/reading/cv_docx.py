"""The text of a DOCX file, line by line: paragraphs and cells. Macros, pictures and links in it are never looked at."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from metier.errors import Rejected
from scheduler.reading import archives

_DOCUMENT = "word/document.xml"
_BOUNDS = archives.Bounds(member=24 * 2**20, whole=48 * 2**20)
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_DEPTH = 200


def fits(path: Path) -> bool:
    """Tell whether a ZIP file is a Word document."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _DOCUMENT in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of the document."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import ParseError, iterparse

    with archives.opened(path, _BOUNDS) as archive:
        content = archive.read(_DOCUMENT)
    try:
        yield from _lines(iterparse(BytesIO(content), events=("start", "end"), forbid_dtd=True))
    except DefusedXmlException as error:
        raise Rejected("declares entities, which no document needs; it is not read") from error
    except (ParseError, ValueError, LookupError) as error:
        raise Rejected("is a damaged Word document; open and save it again") from error


def _lines(events: Iterator[tuple[str, Any]]) -> Iterator[str]:  # Any: an element of the XML
    """Yield paragraphs; the cells of a row become one line where each holds one paragraph."""
    line: list[str] = []
    row: list[list[str]] | None = None
    depth = 0
    for event, element in events:
        tag = element.tag
        if event == "start":
            depth += 1
            if depth > _DEPTH:
                raise Rejected("is nested deeper than any document; it is not read")
            if tag == f"{_W}tr":
                row = []
            elif tag == f"{_W}tc" and row is not None:
                row.append([])
            continue
        depth -= 1
        if tag == f"{_W}t":
            line.append(element.text or "")
        elif tag in (f"{_W}tab", f"{_W}ptab"):
            line.append("\t")
        elif tag in (f"{_W}br", f"{_W}cr"):
            line.append("\n")
        elif tag == f"{_W}p":
            said, line = "".join(line), []
            if row:
                row[-1].append(said)
            else:
                yield from said.split("\n")
            element.clear()
        elif tag == f"{_W}tr" and row is not None:
            yield from _row(row)
            row = None
            element.clear()


def _row(cells: list[list[str]]) -> Iterator[str]:
    """Yield the first lines of all cells as one line, then what else they hold."""
    split = [[part for said in cell for part in said.split("\n")] or [""] for cell in cells]
    yield "\t".join(cell[0] for cell in split)
    for cell in split:
        yield from cell[1:]
