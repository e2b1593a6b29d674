"""Read where the work is done: remote, hybrid or on site. Remote villages and on-site inspections say nothing."""

from functools import cache

from metier.fields import Found, Remote
from pipelines.fields import phrases
from pipelines.fields.phrases import Hit, Phrases
from pipelines.fields.reading import Reading

_TITLE = 4  # how much more a phrase says in a title than in a body
_ORDER = [Remote.ONSITE, Remote.REMOTE, Remote.HYBRID]  # of phrases alike in strength: the later tells more


def workplace(readings: list[Reading]) -> Found[Remote] | None:
    """Return what the strongest phrase of these texts says."""
    hits = [(hit, reading) for reading in readings for hit in _table().find(reading)]
    if not hits:
        return None
    hit, reading = max(hits, key=lambda pair: _rank(*pair))
    return Found(Remote(hit.value), reading.evidence(hit.start, hit.end))


def _rank(hit: Hit, reading: Reading) -> tuple[int, int]:
    titled = reading.where in ("title", "location")
    return hit.strength + (_TITLE if titled else 0), _ORDER.index(Remote(hit.value))


def entries() -> frozenset[str]:
    """Return words of which a text must hold one to say anything of this."""
    return _table().entries


@cache
def _table() -> Phrases:
    return Phrases(phrases.load("workplaces.csv"))
