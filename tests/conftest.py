"""What every test may ask for: a real broker, a real Postgres, an empty migrated database on either engine."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.servers import Postgres, Valkey, name_of

if TYPE_CHECKING:
    from storage.engine import Engine

AREAS = {"integration": "integration", "chaos": "chaos"}

# how long an example takes says something of the machine, nothing of the code
settings.register_profile("metier", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("metier")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long, which also runs what takes minutes."""
    parser.addoption("--long", action="store_true", help="also run the tests marked slow")


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell makes its background jobs ignore it, and children inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark tests by their folder, and leave the slow ones out unless --long asks for them."""
    for item in items:
        for folder in AREAS.keys() & set(item.path.parts):
            item.add_marker(AREAS[folder])
    if config.getoption("--long"):
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    """Run one broker for the whole session."""
    with Valkey() as server:
        yield server


@pytest.fixture
def broker(valkey: Valkey) -> str:
    """Return the URL of an empty broker."""
    valkey.flush()
    return valkey.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """Run one Postgres for the whole session."""
    with Postgres() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Postgres) -> Iterator[str]:
    """Return the URL of an empty Postgres database without tables."""
    url = postgres_server.database()
    yield url
    postgres_server.drop(url)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an SQLite file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "metier.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: Postgres) -> str:
    """Return the name of a Postgres database with all tables, to be copied."""
    url = postgres_server.database()
    _migrate(url)
    return name_of(url)


@pytest.fixture
def sqlite_database(migrated_sqlite: Path, tmp_path: Path) -> str:
    """Return the URL of an SQLite database with all tables and no rows."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'metier.db')}"


@pytest.fixture
def postgres_database(postgres_server: Postgres, migrated_postgres: str) -> Iterator[str]:
    """Return the URL of a Postgres database with all tables and no rows."""
    url = postgres_server.database(migrated_postgres)
    yield url
    postgres_server.drop(url)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database with all tables and no rows; the test runs on both engines."""
    return str(request.getfixturevalue(f"{request.param}_database"))


@pytest.fixture
def engine(database: str) -> Iterator["Engine"]:
    """Return the engine of an empty database, both kinds in turn."""
    from storage.engine import create

    connected = create(database)
    yield connected
    connected.dispose()


def _migrate(url: str) -> None:
    from storage import engine, migrate

    connected = engine.create(url)
    migrate.upgrade(connected)
    connected.dispose()
