"""Harm to the database: restarted, killed, locked, away, out of room."""

import sys

from tests.chaos import disk
from tests.chaos.databases import Server, Sqlite
from tests.chaos.scene import Scene, Skipped, fault


@fault("database restarted", occupies="database", weight=4, most=6, databases=("postgres",), stock=True)
def restart(scene: Scene) -> None:
    """Stop the server in good order and start it again."""
    scene.database.away(0.5)


@fault("database killed", occupies="database", weight=4, most=6, databases=("postgres",), stock=True)
def kill(scene: Scene) -> None:
    """Kill -9 the server and start it again."""
    if isinstance(scene.database, Server):
        scene.database.crash(0.5)


@fault("database locked for 20 s", occupies="database", weight=1, most=3, stock=True, short=False)
def lock(scene: Scene) -> None:
    """Let another process hold the write lock, or the table of jobs."""
    scene.database.lock(scene.table, 20)


@fault("database away for a minute", occupies="database", weight=1, most=1, stock=True, short=False)
def away(scene: Scene) -> None:
    """Let nobody reach it, or write to it, for a minute."""
    scene.database.away(60)


@fault("database's disk full", occupies="database", weight=2, most=3, stock=True)
def fill_disk(scene: Scene) -> None:
    """Leave the database no room for a while."""
    if scene.database.small:
        scene.database.fill_disk(8, scene.stop)
    elif isinstance(scene.database, Sqlite) and sys.platform == "linux":
        with disk.capped(scene.keeper.all, scene.database.path.stat().st_size):
            scene.stop.wait(8)
    else:
        raise Skipped("no small disk can be mounted here (Linux as root only)")
