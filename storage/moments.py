"""How a moment is written for both databases and read back from them: always UTC, always aware."""

from datetime import UTC, datetime

from storage.dialect import Words


def write(moment: datetime) -> str:
    """Return a moment as both databases read it: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def read(value: str | datetime) -> datetime:
    """Return what a database gave as an aware moment; SQLite gives text."""
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def typed(words: Words, name: str) -> str:
    """Return a parameter that holds a written moment, where its type cannot be seen from its place."""
    return f"CAST({name} AS timestamptz)" if words.name == "postgresql" else name
