"""What every source keeps, whichever there are: nothing skipped and nothing repeated, wherever its poll is killed."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from metier.settings import Settings
from scheduler import sources
from scheduler.poll import poll
from scheduler.work import Counts
from storage.engine import Engine, create, reading
from tests.servers import REPOSITORY

World = tuple[Settings, set[str]]


@pytest.fixture(params=sources.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(name: str, tmp_path: Path) -> World:
    try:
        module = importlib.import_module(f"tests.integration.worlds.{name}")
    except ModuleNotFoundError:
        pytest.fail(f"write tests/integration/worlds/{name}.py, so that the source {name} can be tested")
    settings, keys = module.build(tmp_path)
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    return settings, keys


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    made = create(database)
    yield made
    made.dispose()


def child(name: str, folder: Path, url: str, when: str) -> int:
    words = [sys.executable, "-m", "tests.integration.polling_child", name, str(folder), url, when]
    return subprocess.run(words, cwd=REPOSITORY, check=False).returncode


def saved(engine: Engine) -> list[tuple[str, int, int]]:
    """Return of each posting its key, its revision and how many jobs it has."""
    with reading(engine) as connection:
        rows = connection.execute(
            text(
                "SELECT p.source_key, p.revision, (SELECT count(*) FROM job j WHERE j.subject = p.id) FROM posting p "
                "ORDER BY p.source_key"
            )
        )
        return [(key, revision, jobs) for key, revision, jobs in rows]


def test_a_poll_killed_at_every_commit_leaves_neither_gap_nor_repeat(
    name: str, world: World, engine: Engine, database: str, tmp_path: Path
) -> None:
    _, keys = world
    pages = undone = 0
    while (status := child(name, tmp_path, database, "after")) != 0:
        assert status == -9
        pages += 1
        assert pages < 50, "it does not come to an end"
        if pages <= 3:
            before = saved(engine)
            ended = child(name, tmp_path, database, "before")
            assert ended in (0, -9)
            undone += ended == -9
            assert saved(engine) == before, "what was not committed left a trace"
    assert pages >= 3, "the world is too small to test anything"
    assert undone >= 2, "too few commits were killed as they happened"
    assert saved(engine) == sorted((key, 1, 1) for key in keys)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM job")).scalar_one() == len(keys)


def test_polling_again_finds_nothing_new(name: str, world: World, engine: Engine) -> None:
    settings, keys = world
    [source] = sources.each(name, settings)
    first, second = (
        poll(engine, source, hold=lambda connection: None, enough=lambda: False, counts=Counts()) for _ in range(2)
    )
    assert first.ingested.new == len(keys)
    assert (second.ingested.new, second.ingested.edited, second.bad) == (0, 0, 0)


def test_a_source_answers_to_its_own_name_and_is_off_unless_configured(name: str, world: World) -> None:
    settings, _ = world
    [source] = sources.each(name, settings)
    assert source.name.partition(":")[0] == name
    assert sources.load(source.name, settings) is not None
    assert sources.each(name, Settings(_env_file=None)) == []


def test_a_source_has_a_card_that_says_what_a_person_should_know(name: str) -> None:
    card = sources.card(name)
    assert all(len(text) > 10 and text.endswith(".") for text in (card.reads, card.terms, card.quota, card.switch))


def test_naming_all_sources_loads_nothing_heavy(name: str) -> None:
    heavy = ("pyarrow", "openpyxl", "numpy", "requests", "selectolax", "protego", "pypdf", "defusedxml")
    code = (
        "import sys; from scheduler import sources; sources.names(); "
        f"print([module for module in {heavy} if module in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]", f"import libraries inside the function that needs them ({name})"
