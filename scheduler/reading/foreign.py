"""Files that are no table, known by how they begin: what they are, and what to do about it."""

from metier.errors import Rejected
from scheduler.reading.streams import Stream

_PACKED = {
    b"BZh": ("bzip2", "bunzip2"),
    b"\xfd7zXZ\x00": ("xz", "unxz"),
    b"\x28\xb5\x2f\xfd": ("zstd", "unzstd"),
    b"7z\xbc\xaf\x27\x1c": ("7-Zip", "7z x"),
    b"Rar!\x1a\x07": ("RAR", "unrar x"),
}
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_PDF = b"%PDF-"
_MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml")


def refuse(stream: Stream) -> None:
    """Raise Rejected where the bytes are those of another kind of file."""
    head = stream.head
    for magic, (kind, command) in _PACKED.items():
        if head.startswith(magic):
            raise Rejected(f"{stream.name}: is packed by {kind}; unpack it first: {command} FILE")
    if head.startswith(_OLD_OFFICE):
        raise Rejected(
            f"{stream.name}: is an old or encrypted Excel file; save it as .xlsx without password, or as CSV"
        )
    if head.startswith(_PDF):
        raise Rejected(f"{stream.name}: is a PDF, no table; save the table that it was made from as .xlsx or CSV")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:20].lower().startswith(_MARKUP):
        raise Rejected(
            f"{stream.name}: is a web page or XML, whatever its name says; "
            "open it in a spreadsheet and save it as .xlsx or CSV"
        )
