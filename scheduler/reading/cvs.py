"""The positions of a file of CVs as titles, whatever its format; what the bytes are decides before the name does.

Messages name neither what a CV says nor whom it is of, and of a library's error nothing but its class: it may quote.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from metier.errors import BadRow, MetierError, Rejected
from metier.types import Kind, Posting
from scheduler.reading import charset, cv_europass, cv_json, cv_linkedin
from scheduler.reading.cv import Cv, Position, keys
from scheduler.reading.cv_privacy import redacted
from scheduler.reading.cv_roles import side

FILE_LIMIT = 32 * 2**20
LIST_LIMIT = 256 * 2**20
"""Bytes of one CV, and of a list of many in JSON."""
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"
_GZIP = b"\x1f\x8b"


def walk(path: Path, source: str) -> Iterator[Posting | BadRow]:
    """Yield each position of each CV; what cannot be one is said in its place."""
    try:
        empty = True
        for found in _read(path):
            for row in _titles(found, source):
                empty = False
                yield row
        if empty:
            raise Rejected("has no positions; nothing of it is kept")
    except Rejected as error:
        raise Rejected(f"{path}: {str(error).removeprefix(f'{path}: ')}") from None
    except (MetierError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  whatever a library makes of a hostile file; its words may quote the CV
        said = f"cannot be read ({type(error).__name__}); save it again, or as plain text"
        raise Rejected(f"{path}: {said}") from None


def _read(path: Path) -> Iterator[Cv | BadRow]:
    """Yield the CVs of a file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(4096)
    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    is_json = bare.startswith((b"{", b"["))
    most = LIST_LIMIT if is_json and not bare.startswith(b"{\\rtf") else FILE_LIMIT
    if size > most:
        raise Rejected(f"is larger than {most // 2**20} MiB, too large for a CV; save it without pictures")
    if bare.startswith(b"{\\rtf"):
        raise Rejected("is RTF; save it as DOCX, PDF or text")
    if is_json:
        yield from cv_json.read(path.read_bytes())
    else:
        yield _single(path, head)


def _single(path: Path, head: bytes) -> Cv:
    from scheduler.reading import cv_docx, cv_pdf, cv_text

    bare = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if b"%PDF-" in head[:1024]:
        return cv_text.read(cv_pdf.lines(path), path.stem)
    if head.startswith(_ZIP):
        if cv_docx.fits(path):
            return cv_text.read(cv_docx.lines(path), path.stem)
        return cv_linkedin.from_zip(path)
    if head.startswith(_OLD_OFFICE):
        raise Rejected("is an old or locked Word file; save it as .docx without a password")
    if head.startswith(_GZIP):
        raise Rejected("is compressed; unpack it")
    content = path.read_bytes()
    if path.suffix.lower() == ".csv":
        return cv_linkedin.from_csv(content, names=[])
    if bare.startswith(b"<"):
        if b"<html" in head.lower() or b"<!doctype html" in head.lower():
            raise Rejected("is a web page; save it as PDF or text")
        return cv_europass.from_xml(content)
    return cv_text.read(_text(content, path).splitlines(), path.stem)


def _text(content: bytes, path: Path) -> str:
    encoding = charset.detect(content[: 2**20], path)
    text = content.decode(encoding, "replace")
    odd = sum(1 for letter in text[:20_000] if letter == "\ufffd" or (ord(letter) < 32 and letter not in "\t\n\r\f\v"))
    if "\x00" in text or odd * 50 > min(len(text), 20_000):
        raise Rejected("is no text that can be read, whatever its name says; save it as PDF, DOCX or text")
    return text


def _titles(found: Cv | BadRow, source: str) -> Iterator[Posting | BadRow]:
    if isinstance(found, BadRow):
        yield found
        return
    cv = redacted(found)
    lost = len(found.positions) - len(cv.positions)
    unread = [*found.unread, *(["a title was nothing but a name or an address"] if lost else [])]
    before = f"-{cv.person}" if cv.person else ""
    for key, position in zip(keys(cv.positions), cv.positions, strict=True):
        yield Posting(
            source, f"{before}.{key}", position.title, Kind.TITLE, company=position.organization,
            language=cv.language, extra=extra(replace(position, side=position.side or side(position.title))),
        )  # fmt: skip
    for reason in unread:
        yield BadRow(reason, row=0)


def extra(position: Position) -> dict[str, Any]:  # Any: JSON
    """Return what is kept of a position beside title and organisation."""
    said: dict[str, Any] = {"started": position.start, "ended": position.end, "current": position.current}
    said |= {"side": True} if position.side else {}
    return said | ({"labels": {"origin": "gold", **position.labels}} if position.labels else {})
