"""Read on what terms one is employed; several may hold, and each is told once with its first evidence."""

import re
from functools import cache

from metier.fields import Employment, Found
from pipelines.fields import phrases
from pipelines.fields.phrases import Phrases
from pipelines.fields.reading import Reading

# "80–100 %" in a Swiss or German title is how much of a full week one works
_SHARE = re.compile(r"(?<![\d.,])(?:(\d{2,3})\s?%?\s?(?:-|–|/|bis|to|à)\s?)?(\d{2,3})\s?%(?!\w)")


def employment(readings: list[Reading]) -> tuple[Found[Employment], ...]:
    """Return the terms that these texts name, the surest first."""
    found: dict[Employment, tuple[int, Found[Employment]]] = {}
    for reading in readings:
        for hit in _table().find(reading):
            value = Employment(hit.value)
            if value not in found or hit.strength > found[value][0]:
                found[value] = hit.strength, Found(value, reading.evidence(hit.start, hit.end))
        for share in _shares(reading):
            found.setdefault(share.value, (2, share))
    ranked = sorted(found.values(), key=lambda pair: -pair[0])
    return tuple(pair[1] for pair in ranked)


def _shares(reading: Reading) -> list[Found[Employment]]:
    if reading.where != "title" or "%" not in reading.text:
        return []
    match = _SHARE.search(reading.text)
    if not match:
        return []
    low, high = int(match[1] or match[2]), int(match[2])
    if not 10 <= low <= high <= 100:
        return []
    evidence = reading.evidence(*match.span())
    full = [Found(Employment.FULL_TIME, evidence)] if high == 100 else []
    return [*full, Found(Employment.PART_TIME, evidence)] if low < 100 else full


def entries() -> frozenset[str]:
    """Return words of which a text must hold one to say anything of this."""
    return _table().entries


@cache
def _table() -> Phrases:
    return Phrases(phrases.load("employment.csv"))
