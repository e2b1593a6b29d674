"""Settings with a sources.toml of these tables, and a database in which calls are counted."""

from pathlib import Path

from metier.settings import Settings
from storage import migrate
from storage.engine import create


def by_file(folder: Path, tables: str) -> Settings:
    """Write the tables and return settings that read them."""
    path = folder / "sources.toml"
    path.write_text(tables)
    settings = Settings(_env_file=None, home=folder, sources=path)
    engine = create(settings.database)
    migrate.upgrade(engine)
    engine.dispose()
    return settings
