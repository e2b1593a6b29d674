"""One turn of the relay: what it sends, what it takes back, what it lets die."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy import text

from metier.errors import BrokerAway
from metier.types import Lane
from scheduler.coalesce import Sizes
from scheduler.relay import Relay, Rules
from scheduler.work import Counts
from storage import claims, hints
from storage.engine import Engine, transaction
from tests.factories import a_title
from tests.integration.rows import ingest

RULES = Rules(Sizes(titles=2, postings=2, wait=60.0), window=4, sweep_every=0.0)
Sent = list[tuple[int, tuple[int, ...]]]


class Broker:
    """Keeps what it is sent; goes away after so many messages."""

    def __init__(self, *, messages: int = 100, live: int = 0, backfill: int = 0) -> None:
        self.sent: Sent = []
        self._left = messages
        self._depth = live, backfill

    def publish(self, task: str, lane: int, ids: Sequence[int]) -> None:
        """Take a message."""
        assert task == "tag"
        if self._left == 0:
            raise BrokerAway("away")
        self._left -= 1
        self.sent.append((lane, tuple(ids)))

    def depth(self, task: str) -> tuple[int, int]:
        """Say what waited from the beginning."""
        assert task in {"tag", "train", "label"}
        return self._depth


def unhinted(engine: Engine) -> list[int]:
    with transaction(engine) as connection:
        return [job.id for job in hints.waiting(connection, "tag", lane=0, most=100, hint_age=60)]


def test_what_could_not_be_sent_is_looked_for_again_and_what_was_sent_is_not(engine: Engine) -> None:
    ids = ingest(engine, *(a_title() for _ in range(6)))
    broker = Broker(messages=1)
    with pytest.raises(BrokerAway):
        Relay(engine, broker, RULES, counts=Counts()).turn()
    assert broker.sent == [(0, tuple(ids[:2]))]
    assert unhinted(engine) == ids[2:]


@pytest.mark.parametrize(("live", "backfill", "lanes"), [(0, 0, 4), (1, 1, 2), (0, 3, 0), (2, 0, 2), (3, 0, 0)])
def test_both_lanes_share_the_window_of_the_backfill(engine: Engine, live: int, backfill: int, lanes: int) -> None:
    ingest(engine, *(a_title() for _ in range(20)), lane=Lane.BACKFILL)
    broker = Broker(live=live, backfill=backfill)
    Relay(engine, broker, RULES, counts=Counts()).turn()
    assert [lane for lane, _ in broker.sent] == [1] * lanes


def test_live_jobs_take_the_room_of_the_backfill(engine: Engine) -> None:
    ingest(engine, *(a_title() for _ in range(20)), lane=Lane.BACKFILL)
    ingest(engine, *(a_title() for _ in range(6)))
    broker = Broker()
    Relay(engine, broker, RULES, counts=Counts()).turn()
    assert [lane for lane, _ in broker.sent] == [0, 0, 0, 1]


def test_a_short_batch_waits_unless_nothing_else_is_on_the_queue(engine: Engine) -> None:
    (id_,) = ingest(engine, a_title())
    busy, idle = Broker(live=1), Broker()
    Relay(engine, busy, RULES, counts=Counts()).turn()
    assert busy.sent == []
    Relay(engine, idle, RULES, counts=Counts()).turn()
    assert idle.sent == [(0, (id_,))]


def test_expired_leases_are_swept_each_time_it_is_due_and_counted(engine: Engine) -> None:
    ids = ingest(engine, a_title(), a_title())
    counts, broker = Counts(), Broker()
    relay = Relay(engine, broker, replace(RULES, attempts=2), counts=counts)
    relay.turn()
    for attempt in (1, 2):
        with transaction(engine) as connection:
            assert len(claims.claim(connection, ids, owner="gone", lease=-1)) == 2
        relay.turn()
        assert counts.all()["leases_expired"] == 2 * attempt
    with transaction(engine) as connection:
        states = list(connection.execute(text("SELECT state FROM job")).scalars())
    assert states == ["dead", "dead"]
    assert broker.sent == [(0, tuple(ids))] * 2, "at the beginning, and after the first lease"
