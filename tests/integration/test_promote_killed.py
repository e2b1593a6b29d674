"""A promotion or a roll-back killed -9 at any statement leaves one champion, sound, and a history that says so."""

import multiprocessing
import signal
from pathlib import Path

import pytest

from console import champion
from metier.types import Origin
from pipelines import artifact
from storage import artifact_moves, artifacts
from storage.engine import Engine
from tests.integration.promote_killed import die_at, settings_of
from tests.integration.retag_world import rows
from tests.integration.training_world import NAME, World, a_world, labelled
from worker.training_steps import Order

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.integration.promote_killed"])


@pytest.fixture
def world(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("METIER_TAXONOMIES", str(tmp_path / "taxonomies"))
    world = a_world(engine, tmp_path)
    artifact.set_bundled(world.root, NAME, world.install())
    world.bring(*labelled(Origin.GOLD, 60, start=1000), *labelled(Origin.SOURCE, 40))
    return world


def sound(world: World) -> str:
    """See that one artifact serves, that its files are whole, and that states and history agree; return it."""
    ((serves,),) = rows(world.engine, "SELECT digest FROM champion WHERE name = :name", name=NAME)
    artifact.find(world.root, NAME, serves)
    known = world.asked(artifacts.listed, NAME)
    assert [one.digest for one in known if one.state == artifacts.CHAMPION] == [serves]
    moves = world.asked(artifact_moves.of, NAME)
    assert moves[0].digest == serves
    assert [move.before for move in moves] == [*(move.digest for move in moves[1:]), ""]
    return str(serves)


@pytest.mark.timeout(600)  # a process for each boundary
def test_a_kill_at_any_statement_leaves_one_sound_champion(world: World, database: str) -> None:
    before = sound(world)
    candidate = world.train(Order(NAME, promote=False)).outcome["artifact"]
    found = {before: 0, candidate: 0}
    for at in range(1, 1000):
        child = PROCESSES.Process(target=die_at, args=(database, world.folder, candidate, at))
        child.start()
        child.join(100)
        assert child.exitcode in (0, -signal.SIGKILL)
        serves = sound(world)
        if child.exitcode == 0:
            break
        found[serves] += 1
        if serves == candidate:  # and whoever comes next is not hindered
            champion.roll_back(world.engine, settings_of(world.folder), NAME, by="bob", reason="after the kill")
            assert sound(world) == before
    assert sound(world) == before
    assert min(found.values()) > 5, "kills must fall before and behind both moves"
    assert sum(found.values()) > 25
