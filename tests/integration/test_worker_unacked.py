"""A broker that falls silent just as workers want to acknowledge: they take messages again when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.chaos.proxy import Proxy
from tests.integration.worker_world import World, a_world

CHILDREN = 2


@pytest.fixture
def proxy(broker: str) -> Iterator[Proxy]:
    with Proxy(make_url(broker).port or 6379) as proxy:
        yield proxy


@pytest.fixture
def world(database: str, proxy: Proxy, tmp_path: Path) -> Iterator[World]:
    with a_world(database, proxy.url, tmp_path) as world:
        yield world


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the broker is what matters here
def test_workers_that_could_not_acknowledge_take_messages_again(world: World, proxy: Proxy) -> None:
    world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", str(CHILDREN))
    world.until(lambda: world.beats() == CHILDREN)
    for number in range(CHILDREN):  # a message for each child, and no more may be taken
        world.bring(f"SLOW {number}")
        world.until(lambda number=number: world.states()["leased"] == number + 1)
    proxy.swallow()
    world.until(lambda: world.states() == {"done": CHILDREN})
    world.until(lambda: _noticed(world.keeper.log("worker")))
    proxy.heal()
    world.bring("Nurse")
    world.until(lambda: world.states() == {"done": CHILDREN + 1})


def _noticed(log: str) -> bool:
    """Tell whether the worker asks anew for the broker, or has no acknowledgement left to try."""
    return "Connection to broker lost" in log or log.count("Couldn't") == CHILDREN
