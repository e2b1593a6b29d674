"""The door to the broker: what it says when the broker is away or dumb, and that it finds the broker again."""

from collections.abc import Iterator

import pytest

from metier.errors import BrokerAway
from metier.settings import Settings
from tests.chaos.proxy import Proxy
from tests.servers import Valkey
from worker.app import Door, make


@pytest.fixture
def server() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


def a_door(url: str) -> Door:
    return Door(make(Settings(broker_url=url)))


def test_messages_are_counted_by_lane(broker: str) -> None:
    door = a_door(broker)
    door.publish("tag", 0, [1, 2])
    door.publish("tag", 1, [3])
    door.publish("tag", 1, [4])
    assert door.depth("tag") == (1, 2)


def test_a_broker_that_died_is_said_so_and_found_again(server: Valkey) -> None:
    door = a_door(server.url)
    door.publish("tag", 0, [1])
    server.kill()
    with pytest.raises(BrokerAway, match="does not answer"):
        door.depth("tag")
    with pytest.raises(BrokerAway, match="does not answer"):
        door.publish("tag", 0, [2])
    server.start()
    door.publish("tag", 0, [2])
    assert door.depth("tag") == (2, 0)


def test_a_dumb_connection_is_given_up_and_a_new_one_made(server: Valkey) -> None:
    with Proxy(server.port) as proxy:
        door = a_door(proxy.url)
        assert door.depth("tag") == (0, 0)
        proxy.swallow()
        with pytest.raises(BrokerAway):
            door.depth("tag")
        proxy.heal()
        assert door.depth("tag") == (0, 0)
