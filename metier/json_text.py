"""JSON as text: what is kept in the databases and in the caches is written here."""

import json
from collections.abc import Mapping

from pydantic_core import PydanticSerializationError, to_json


def as_json(value: object) -> str:
    """Write JSON, in one line."""
    try:
        return to_json(value, fallback=_plain).decode()  # several times as fast as the standard library
    except PydanticSerializationError:  # a lone surrogate, which the standard library writes as it is
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)
