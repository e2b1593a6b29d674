"""Bring the database to this code's schema, and say when it is not.

Alembic is loaded where it migrates only: it takes ten megabytes, and each process looks whether the schema is right.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from metier.errors import SchemaMismatch
from storage.engine import reading, transaction

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 7_303_014
_FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate to this revision; of several processes at once one does it and the others wait."""
    from alembic import command

    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _refuse_newer(connection)
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to this revision; the tables that it did not have are lost."""
    from alembic import command

    with transaction(engine) as connection:
        command.downgrade(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """Return the revision that the database has, None when it is empty."""
    with reading(engine) as connection:
        return _current(connection)


def newest() -> str:
    """Return the revision that this code needs."""
    return max(_known())


def check(engine: Engine) -> None:
    """Raise SchemaMismatch, with what to do, unless the database is at this code's revision."""
    found = current(engine)
    if found == newest():
        return
    with reading(engine) as connection:
        _refuse_newer(connection)
    state = "is empty" if found is None else f"is at schema {found}, this code needs {newest()}"
    raise SchemaMismatch(f"the database {state}: run `metier db upgrade`")


def _refuse_newer(connection: Connection) -> None:
    found = _current(connection)
    if found is not None and found not in _known():
        raise SchemaMismatch(
            f"the database is at schema {found}, which this version of Metier does not know: "
            "install the newer version that made it, or restore a backup"
        )


def _current(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _known() -> set[str]:
    """Return the revisions that this code has: the name of each file begins with its own."""
    return {path.name.partition("_")[0] for path in (_FOLDER / "versions").glob("[0-9]*.py")}


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config
