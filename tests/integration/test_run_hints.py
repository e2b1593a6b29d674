"""A queued run gets a message on the queue of its task, and again when that is lost; tags are not held up by it."""

from pathlib import Path

import pytest

from metier.errors import BrokerAway
from metier.settings import Settings
from scheduler import run_hints
from scheduler.work import Counts
from storage import hints
from storage.engine import Engine, transaction
from tests.integration.training_world import a_world
from worker.app import Door, make


def test_a_run_is_hinted_once_and_again_when_its_hint_is_old(engine: Engine, broker: str, tmp_path: Path) -> None:
    door = Door(make(Settings.model_validate({"broker_url": broker})))
    world = a_world(engine, tmp_path)
    world.queue()
    world.queue()
    counts = Counts()
    run_hints.send(engine, door, hint_age=60, counts=counts)
    assert (sum(door.depth("train")), sum(door.depth("tag"))) == (2, 0)
    run_hints.send(engine, door, hint_age=60, counts=counts)
    assert sum(door.depth("train")) == 2
    run_hints.send(engine, door, hint_age=-1, counts=counts)
    assert sum(door.depth("train")) == 4
    assert counts.all() == {"messages_sent": 4}


def test_what_could_not_be_sent_is_not_noted_as_sent(engine: Engine, tmp_path: Path) -> None:
    world = a_world(engine, tmp_path)
    world.queue()
    away = Door(make(Settings.model_validate({"broker_url": "redis://127.0.0.1:9/0"})))
    with pytest.raises(BrokerAway):
        run_hints.send(engine, away, hint_age=60, counts=Counts())
    with transaction(engine) as connection:
        assert len(hints.waiting(connection, "train", lane=1, most=9, hint_age=60)) == 1
