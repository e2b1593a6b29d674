"""Workers switch to a new champion between two batches, under load and under fire: each tag says who gave it."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from console.serving import serves
from storage import artifacts, heartbeats
from storage.engine import reading, transaction
from tests.integration.worker_world import World, a_world

TAXONOMIES = ("department", "seniority")
WAVES = 8


@pytest.fixture
def world(database: str, broker: str, tmp_path: Path) -> Iterator[World]:
    with a_world(database, broker, tmp_path) as world:
        yield world


def promote(world: World, digest: str, before: str | None) -> None:
    """Let an artifact of this digest serve in both taxonomies, at one moment."""
    with transaction(world.engine) as connection:
        for name in TAXONOMIES:
            artifacts.register(connection, name, digest)
            assert artifacts.promote(connection, name, digest, expected=before)


def beating(world: World) -> dict[int, set[str]]:
    """Return by process what it says that it serves."""
    with reading(world.engine) as connection:
        return {beat.pid: set(beat.artifacts.values()) for beat in heartbeats.all_since(connection, seconds=20)}


def test_two_workers_switch_under_load_and_no_tag_is_without_its_artifact(world: World) -> None:
    promote(world, "digest0", None)
    for name in ("steady", "killed"):
        world.keeper.start(name, "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: len(beating(world)) == 2)
    (steady,) = set(world.keeper.children("steady")) & set(beating(world))
    for wave in range(1, WAVES + 1):
        world.bring(*(f"Nurse {wave} {number}" for number in range(100)))
        promote(world, f"digest{wave}", f"digest{wave - 1}")
        if wave % 3 == 0:
            time.sleep(0.15)  # some of these kills fall into a batch, some into the loading of a champion
            world.keeper.signal_group("killed", signal.SIGKILL)
        world.until(lambda wave=wave: world.states()["done"] >= 100 * (wave - 1))  # type: ignore[misc]
    world.until(lambda: world.states() == {"done": 100 * WAVES}, seconds=60)
    world.bring(*(f"Driver {number}" for number in range(60)))
    world.until(lambda: world.states() == {"done": 100 * WAVES + 60}, seconds=60)
    world.until(lambda: beating(world).get(steady) == {f"{name}@digest{WAVES}" for name in TAXONOMIES})
    assert world.keeper.starts["steady"] == 1
    with reading(world.engine) as connection:
        rows = connection.execute(text("SELECT posting_id, taxonomy, artifact, evidence, tagged_at FROM tag")).all()
    assert len(rows) == 2 * (100 * WAVES + 60)
    assert all(row.artifact == f"{row.taxonomy}@{json.loads(row.evidence)['champion']}" for row in rows)
    by_posting: dict[int, set[str]] = {}
    by_moment: dict[str, set[str]] = {}
    for row in rows:
        digest = row.artifact.partition("@")[2]
        by_posting.setdefault(row.posting_id, set()).add(digest)
        by_moment.setdefault(str(row.tagged_at), set()).add(digest)
    assert all(len(digests) == 1 for digests in by_posting.values())
    if world.engine.dialect.name == "postgresql":  # where one moment is one transaction, and so one batch
        assert all(len(digests) == 1 for digests in by_moment.values())
    assert len({row.artifact for row in rows}) > 2 * 2
    assert {row.artifact for row in rows if row.tagged_at == max(row.tagged_at for row in rows)} == {
        f"{name}@digest{WAVES}" for name in TAXONOMIES
    }


def test_who_lacks_the_champion_is_named(world: World) -> None:
    promote(world, "digest0", None)
    world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", "1")
    world.until(lambda: any(beating(world).values()))
    with reading(world.engine) as connection:
        found = heartbeats.all_since(connection, seconds=20)
        champions = artifacts.champions(connection)
    assert {(row.name, row.digest, row.wanted) for row in serves(found, champions, fresh=30)} == {
        ("department", "digest0", ""), ("seniority", "digest0", "")
    }  # fmt: skip
    newer = {"seniority": "digest1", "department": "digest0"}
    assert [(row.name, row.wanted) for row in serves(found, newer, fresh=30) if row.wanted] == [
        ("seniority", "digest1")
    ]  # fmt: skip
    assert serves(found, champions, fresh=0) == []
