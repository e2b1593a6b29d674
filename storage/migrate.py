"""Bring the database to this code's schema, and say when it is not."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from metier.errors import SchemaMismatch
from storage.engine import reading, transaction

_LOCK = 7_303_014


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Migrate to this revision; of several processes at once one does it and the others wait."""
    with transaction(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        _refuse_newer(connection)
        command.upgrade(_config(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to this revision; the tables that it did not have are lost."""
    with transaction(engine) as connection:
        command.downgrade(_config(connection), revision)


def current(engine: Engine) -> str | None:
    """Return the revision that the database has, None when it is empty."""
    with reading(engine) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest() -> str:
    """Return the revision that this code needs."""
    head = _script().get_current_head()
    assert head is not None  # noqa: S101  the package ships at least one migration
    return head


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
    found = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in _script().walk_revisions()}
    if found is not None and found not in known:
        raise SchemaMismatch(
            f"the database is at schema {found}, which this version of Metier does not know: "
            "install the newer version that made it, or restore a backup"
        )


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent / "migrations"))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
