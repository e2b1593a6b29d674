"""Making single values fit for a table that other programs will open."""

import json
import math
import re
from collections.abc import Mapping
from datetime import date, datetime, time

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# what a spreadsheet would calculate is no more than what stands there: -73.9, +49, 1.5e-3, -12 %, a dash for "none"
_HARMLESS = re.compile(r"[+-]?\d+(?:[.,]\d+)*(?:[eE][+-]?\d+)? ?%?|-+", re.ASCII)


def guarded(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: text that begins like one gets an apostrophe."""
    text = plain(value)
    if isinstance(text, str):
        text = text.encode("utf-8", "replace").decode()
        return "'" + text if formula(text) else text
    return text


def formula(text: str) -> bool:
    """Tell whether a spreadsheet might calculate this text; numbers alone are left to it."""
    return text.startswith(_FORMULA) and not _HARMLESS.fullmatch(text)


def plain(value: object) -> object:
    """Return a value as text, number, truth value or None; what is nested becomes JSON text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value.hex() if isinstance(value, bytes) else str(value)


def line(record: object) -> bytes:
    """Return a record as one line of JSON in UTF-8; half characters stay escaped, so that any text survives."""
    try:
        written = json.dumps(record, ensure_ascii=False, allow_nan=False, default=plain)
    except ValueError:
        written = json.dumps(_finite(record), ensure_ascii=False, default=plain)
    return written.encode("utf-8", "backslashreplace") + b"\n"


def _finite(value: object) -> object:
    """Replace the numbers that JSON does not know."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
