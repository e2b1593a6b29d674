"""Elements of foreign XML, one at a time: entities are refused, depth and number are bounded, namespaces left out."""

import gzip
import io
import zlib
from collections.abc import Collection, Iterator
from typing import Any

from metier.errors import SourceChanged, SourceUnavailable

DEEPEST = 100
MOST = 200_000
"""Elements of one document."""
UNPACKED = 16 * 2**20
_GZIP = b"\x1f\x8b"
_BROKEN_OFF = (3, 5)  # expat: no element found, unclosed token


def items(
    name: str, body: bytes, wanted: Collection[str], *, roots: Collection[str]
) -> Iterator[Any]:  # Any: an Element without namespaces
    """Yield the elements of these names; raise SourceChanged where the document is none, or is made to do harm."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    try:
        events = iterparse(io.BytesIO(_unpacked(name, body)), events=("start", "end"))
        yield from _walk(name, events, wanted, roots)
    except DefusedXmlException as error:
        raise SourceChanged(f"{name}: the XML declares entities, which may be a bomb; it is not read") from error
    except (ParseError, ValueError, LookupError) as error:
        if getattr(error, "code", 0) in _BROKEN_OFF and body.lstrip()[:1] == b"<":
            raise SourceUnavailable(f"{name}: the XML breaks off after {len(body)} bytes; asked again later") from error
        raise SourceChanged(f"{name}: the answer is no XML; is the address that of a feed or sitemap?") from error


def inner(element: Any, name: str) -> str:  # Any: an Element
    """Return the text of the first child of this name."""
    found = next((child for child in element if child.tag == name), None)
    return "" if found is None else "".join(found.itertext()).strip()


def _walk(
    name: str, events: Any, wanted: Collection[str], roots: Collection[str]
) -> Iterator[Any]:  # Any: iterparse has no type of its own
    path: list[Any] = []
    count = 0
    for event, element in events:
        if event == "start":
            count += 1
            if isinstance(element.tag, str):
                element.tag = element.tag.rpartition("}")[2]
            path.append(element)
            if count == 1 and element.tag not in roots:
                raise SourceChanged(f"{name}: the XML is no {' or '.join(roots)} but {str(element.tag)[:50]}")
            if len(path) > DEEPEST or count > MOST:
                raise SourceChanged(f"{name}: the XML has more than {DEEPEST} levels or {MOST:,} elements; not read")
            continue
        path.pop()
        if element.tag in wanted:
            yield element
        if not any(parent.tag in wanted for parent in path) and path:
            path[-1].remove(element)  # what was read takes no memory


def _unpacked(name: str, body: bytes) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as packed:
            found = packed.read(UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceUnavailable(f"{name}: a packed answer is damaged; it is asked again later") from error
    if len(found) > UNPACKED:
        raise SourceChanged(f"{name}: a packed answer of more than {UNPACKED // 2**20} MiB is not read")
    return found
