"""The relay fills the queue again when half of what may wait was taken, and lets no backfill keep a live job out."""

import time

import redis

from metier.settings import Settings
from metier.types import Lane
from scheduler.coalesce import Sizes
from scheduler.relay import Relay, Rules
from scheduler.work import Counts
from storage.engine import Engine
from tests.factories import a_title
from tests.integration.rows import ingest
from worker.app import Door, make

RULES = Rules(Sizes(titles=2, postings=2, wait=0.1), window=4, idle=1.0)


def a_relay(engine: Engine, door: Door) -> Relay:
    return Relay(engine, door, RULES, counts=Counts())


def a_door(broker: str) -> Door:
    return Door(make(Settings.model_validate({"broker_url": broker})))


def test_it_looks_for_more_when_half_was_taken(engine: Engine, broker: str) -> None:
    ingest(engine, *(a_title() for _ in range(20)))
    door = a_door(broker)
    relay = a_relay(engine, door)
    depths = []
    with redis.Redis.from_url(broker) as client:
        for taken in (0, 1, 1):
            for _ in range(taken):
                assert client.rpop("tag")
            relay.turn()
            depths.append(door.depth("tag")[0])
    assert depths == [4, 3, 4]


def test_a_live_job_goes_out_though_the_backfill_has_no_room(engine: Engine, broker: str) -> None:
    ingest(engine, *(a_title() for _ in range(20)), lane=Lane.BACKFILL)
    door = a_door(broker)
    relay = a_relay(engine, door)
    relay.turn()
    assert door.depth("tag") == (0, 4)
    assert 0 < relay.turn() < RULES.idle, "nobody tells of room in the queue: it looks again by itself"
    ingest(engine, a_title())
    time.sleep(RULES.sizes.wait)
    relay.turn()
    assert door.depth("tag") == (1, 4)


def test_a_full_queue_is_looked_at_as_seldom_as_messages_are_taken_from_it(engine: Engine, broker: str) -> None:
    ingest(engine, *(a_title() for _ in range(20)))
    relay = a_relay(engine, a_door(broker))
    relay.turn()
    unknown = relay.turn()
    time.sleep(0.3)
    with redis.Redis.from_url(broker) as client:
        assert client.rpop("tag")
    assert 0 < unknown < 0.3 <= relay.turn() < RULES.idle
