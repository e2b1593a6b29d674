"""Reading fields of foreign JSON: what is not there is empty, what is of another kind is rejected by its name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from metier.errors import Rejected
from scheduler.reading import postings

Json = Mapping[str, Any]  # Any: whatever a service says

_LONGEST_LINK = 2_000


def text(row: Json, name: str) -> str:
    """Return a text, stripped; a number is one, too."""
    value = row.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if value is not None and not isinstance(value, str):
        raise Rejected(f"the field {name} is no text")
    return (value or "").strip()


def needed(row: Json, name: str) -> str:
    """Return a text that must be there."""
    found = text(row, name)
    if not found:
        raise Rejected(f"the field {name} is missing")
    return found


def link(value: object) -> str:
    """Return an address that a person may follow; anything else than http and https is left out."""
    found = value.strip() if isinstance(value, str) else ""
    return found if found.lower().startswith(("https://", "http://")) and len(found) <= _LONGEST_LINK else ""


def part(row: Json, name: str) -> Json:
    """Return an object within an object."""
    value = row.get(name) or {}
    if not isinstance(value, dict):
        raise Rejected(f"the field {name} is no object")
    return value


def parts(row: Json, name: str) -> Sequence[Json]:
    """Return a list of objects."""
    value = row.get(name) or []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Rejected(f"the field {name} is no list of objects")
    return value


def number(row: Json, name: str) -> float | None:
    """Return a number, None where there is none."""
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Rejected(f"the field {name} is no number") from error
    return found if abs(found) < 1e15 else None


def moment(row: Json, name: str) -> datetime | None:
    """Return a moment in UTC, given as ISO 8601 or in milliseconds; None where there is none."""
    value = row.get(name)
    if value is None or value == "":
        return None
    found = postings.moment(value)
    if found is None:
        raise Rejected(f"the field {name} is no date")
    return found.astimezone(UTC)
