"""Read what a posting says beside its tags: its fields and its signature.

What the source states goes before what the text says. A posting that cannot be read so keeps its tags and has neither.
"""

from collections.abc import Sequence

import structlog

from metier.fields import Fields
from metier.gleanings import Gleaned, Stated
from metier.types import Text
from pipelines import signature, text
from pipelines.fields import bare, fields, reading
from pipelines.fields import stated as fields_stated

_log = structlog.get_logger()
_NOTHING = Gleaned()


def glean(texts: Sequence[Text], stated: Sequence[Stated]) -> list[Gleaned]:
    """Return what was read of each text, in order; bare titles cost next to nothing."""
    tidied = iter(text.tidy([item.title for item in texts if item.body]))
    return [
        _whole(item, states, next(tidied)) if item.body else _bare(item, states)
        for item, states in zip(texts, stated, strict=True)
    ]


def _whole(item: Text, states: Stated, tidied: str) -> Gleaned:
    try:
        title, body = reading.read("title", item.title), reading.read("body", item.body)
        read = fields.of([title, body], location=states.location, country=states.country, language=item.language)
        found = signature.signature(item, tidied=tidied, body=body, location=states.location)
        return Gleaned(_over(states, read), found)
    except Exception as error:  # noqa: BLE001  rules that stumble over one text must not cost it its tags
        return _failed(error)


def _bare(item: Text, states: Stated) -> Gleaned:
    try:
        read = bare.read(item.title, location=states.location, country=states.country, language=item.language)
        return Gleaned(_over(states, read)) if states.extra or read is not bare.NOTHING else _NOTHING
    except Exception as error:  # noqa: BLE001  as above
        return _failed(error)


def _over(states: Stated, read: Fields) -> Fields:
    return fields_stated.from_extra(states.extra).over(read) if states.extra else read


def _failed(error: Exception) -> Gleaned:
    _log.warning("fields not read", cause=type(error).__name__)
    return _NOTHING
