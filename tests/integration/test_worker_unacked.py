"""A broker that falls silent just as workers want to acknowledge: they take messages again when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sqlalchemy.engine import make_url

from tests.chaos.proxy import Proxy
from tests.integration.worker_world import World, a_world
from worker.__main__ import HELD

CHILDREN = 2
TAKEN = CHILDREN * HELD["tag"]


@pytest.fixture
def proxy(broker: str) -> Iterator[Proxy]:
    with Proxy(make_url(broker).port or 6379) as proxy:
        yield proxy


@pytest.fixture
def world(database: str, proxy: Proxy, tmp_path: Path) -> Iterator[World]:
    with a_world(database, proxy.url, tmp_path) as world:
        yield world


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # the broker is what matters here
def test_workers_that_could_not_acknowledge_take_messages_again(world: World, proxy: Proxy, broker: str) -> None:
    world.keeper.start("worker", "tests.chaos.worker_main", "--concurrency", str(CHILDREN))
    world.until(lambda: world.beats() == CHILDREN)
    with redis.Redis.from_url(broker) as client:
        for number in range(TAKEN):  # as many messages as they may hold, each in work or waiting for its turn
            world.bring(f"SLOW {number}")
            world.until(lambda number=number: client.hlen("unacked") == number + 1)
    proxy.swallow()
    world.until(lambda: world.states()["done"] >= CHILDREN)
    world.until(lambda: _noticed(world.keeper.log("worker")))
    proxy.heal()
    world.bring("Nurse")
    world.until(lambda: world.states() == {"done": TAKEN + 1})


def _noticed(log: str) -> bool:
    """Tell whether the worker asks anew for the broker, or has no acknowledgement left to try."""
    return "Connection to broker lost" in log or log.count("Couldn't") == TAKEN
