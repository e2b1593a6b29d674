"""Files of LinkedIn jobs, told apart by what is in them: saved pages, tables, the member's own export."""

from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from metier.errors import BadRow, Rejected
from metier.types import Posting
from scheduler.reading import archives, linkedin_pages, linkedin_tables, markup
from scheduler.reading.charset import detect, errors
from scheduler.reading.streams import opened

_HEAD = 2**16


def walk(path: Path, source: str) -> Iterator[Posting | BadRow]:
    """Yield the jobs that a file shows; all of them carry the numbers that LinkedIn gave them."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(archives.MAGIC) and path.suffix.lower() == ".zip":
        return _export(path)
    if _looks_like_a_page(head) or path.suffix.lower() == ".mhtml":
        return _page(path)
    return linkedin_tables.table(path)


def _looks_like_a_page(head: bytes) -> bool:
    start = head.replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:200].lower()
    return start.startswith(
        (b"<!", b"<html", b"<head", b"<body", b"<div", b"<section", b"<ul", b"<li", b"<?xml", b"<code")
    )


def _page(path: Path) -> Iterator[Posting | BadRow]:
    with opened(path) as stream:
        content = stream.whole.read(markup.SIZE * 4)
    if path.suffix.lower() == ".mhtml":
        content = _unwrapped(content, path)
    encoding = detect(content[:_HEAD], None)
    for place, found in enumerate(linkedin_pages.postings(content.decode(encoding, errors(encoding)), path.name), 1):
        yield BadRow(str(found), row=place) if isinstance(found, Rejected) else found


def _unwrapped(content: bytes, path: Path) -> bytes:
    """Return the page in a file of page and pictures, as browsers save "a single file"."""
    for part in message_from_bytes(content, policy=default).walk():
        if part.get_content_type() == "text/html":
            return bytes(part.get_payload(decode=True) or b"")
    raise Rejected(f"{path}: holds no page; save it as “Web page, complete”")


def _export(path: Path) -> Iterator[Posting | BadRow]:
    with archives.opened(path) as archive:
        there = [name for name in (linkedin_tables.APPLIED, linkedin_tables.SAVED) if archive.find(name)]
        if not there:
            raise Rejected(
                f"{path}: holds neither {linkedin_tables.SAVED} nor {linkedin_tables.APPLIED}: ask LinkedIn for your "
                "data once more, with jobs; positions of your profile are read by the source cvs"
            )
        for name in there:
            yield from linkedin_tables.member(archive.read(archive.find(name) or name), name)
