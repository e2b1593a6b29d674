"""The database as commands find it: at this code's schema, or a sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from metier.errors import ConfigError

if TYPE_CHECKING:
    from metier.settings import Settings
    from storage.engine import Engine


@contextmanager
def opened(settings: "Settings") -> "Iterator[Engine]":
    """Yield the database, which has to be there and at this code's schema."""
    from storage import migrate

    file = sqlite_file(settings)
    if file is not None and not file.exists():
        raise ConfigError(f"there is no database at {file}: start `metier up`, or run `metier db upgrade`")
    with connected(settings) as found:
        migrate.check(found)
        yield found


@contextmanager
def connected(settings: "Settings") -> "Iterator[Engine]":
    """Yield the database in whatever state it is."""
    from storage import engine

    found = engine.create(settings.database)
    try:
        yield found
    finally:
        found.dispose()


def sqlite_file(settings: "Settings") -> Path | None:
    """Return the file of an SQLite database, None for Postgres."""
    scheme, _, path = settings.database.partition(":///")
    return Path(path) if scheme.startswith("sqlite") and path not in {"", ":memory:"} else None


def shown(settings: "Settings") -> str:
    """Return the database URL without its password."""
    scheme, _, rest = settings.database.partition("://")
    credentials, at, place = rest.rpartition("@")
    user = credentials.partition(":")[0]
    return f"{scheme}://{user}{at}{place}"
