"""What integration tests may ask for besides: a home of its own, and databases by engine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Engine, create
from tests.integration.system import Home


@pytest.fixture
def home(database: str, tmp_path: Path) -> Home:
    """Return a home whose commands use the empty database."""
    return Home(tmp_path / "home", {"METIER_DATABASE_URL": database})


@pytest.fixture
def connected(engine: Engine) -> Engine:
    """Return the engine of the database that the home uses, by a name that shadows no module."""
    return engine


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Return the engine of a database without tables."""
    url = f"sqlite:///{tmp_path / 'empty.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres")
    made = create(url)
    yield made
    made.dispose()
