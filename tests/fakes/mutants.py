"""Answers and files with some harm done to them, by chance and the same each time."""

import json
import random
import re
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import escape

_LEAF = re.compile(rb"<(\w[\w:-]*)(?:\s[^<>]*)?>([^<>]*)</\1>")
_STATED = re.compile(rb"application/ld\+json[^>]*>(.*?)</script>", re.DOTALL)
ODD: list[Any] = [  # Any: JSON
    None, True, -1, 1e400, 10**40, "", " ", "\x00", "\ud800", "\ue000\ue003", [], {}, [[]], [{}], {"name": None},
    "x" * 9000, "<" * 500, "<![CDATA[", "&#x110000;", "9999-12-31T23:59:59-12:00", "0000-00-00", [None, 1, "a"],
    {"@type": ["JobPosting"]},
]  # fmt: skip


def mutant(body: bytes, chance: random.Random) -> bytes:
    """Return a body with some harm done to its values, to its elements, or to its bytes."""
    often = chance.choice((0.04, 0.004))
    if chance.random() < 0.6:
        if body[:1] in (b"[", b"{"):
            return json.dumps(changed(json.loads(body), chance, often)).encode()
        if found := _STATED.search(body):
            stated = json.dumps(changed(json.loads(found[1]), chance, often)).replace("<", "\\u003c")
            return body[: found.start(1)] + stated.encode() + body[found.end(1) :]
        if leaves := list(_LEAF.finditer(body)):
            return marked(body, leaves, chance)
    made = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(made)) if made else 0
        harm = chance.randrange(4)
        if harm == 0:
            made[place : place + 1] = chance.randbytes(chance.randint(0, 3))
        elif harm == 1:
            del made[place : place + chance.randint(1, 200)]
        elif harm == 2:
            made[place:place] = made[place : place + chance.randint(1, 200)]
        else:
            made[place:place] = json.dumps(chance.choice(ODD)).encode()
    return bytes(made)


def marked(body: bytes, leaves: Sequence[re.Match[bytes]], chance: random.Random) -> bytes:
    """Return markup of which an element is gone, stands twice, or says something else."""
    leaf = chance.choice(leaves)
    said = escape(str(chance.choice(ODD)).replace("\x00", "")).encode("utf-8", "replace")
    instead = chance.choice((b"", leaf[0] * 2, leaf[0].replace(leaf[2], said) if leaf[2] else said))
    return body[: leaf.start()] + instead + body[leaf.end() :]


def changed(value: Any, chance: random.Random, often: float) -> Any:  # Any: JSON
    """Return JSON of which so many values are others, and half as many are gone."""
    if chance.random() < often:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {name: changed(one, chance, often) for name, one in value.items() if chance.random() > often / 2}
    return [changed(one, chance, often) for one in value] if isinstance(value, list) else value
