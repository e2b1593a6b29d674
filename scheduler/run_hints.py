"""Messages for runs, one a run: they are few and long, so they are looked for seldom and gathered into no batch."""

from collections.abc import Sequence
from typing import Protocol

from metier.errors import BrokerAway
from scheduler.work import Counts
from storage import hints
from storage.engine import Engine, transaction
from storage.jobs import LANES

TASKS = ("train",)
_MOST = 20


class Publishes(Protocol):
    """The door to the broker, as far as runs need it."""

    def publish(self, task: str, lane: int, ids: Sequence[int]) -> None:
        """Send one message of ids; raise BrokerAway."""
        ...


def send(engine: Engine, queue: Publishes, *, hint_age: float, counts: Counts) -> None:
    """Send a message for each run that is due and was not hinted lately."""
    for task in TASKS:
        with transaction(engine) as connection:
            found = [
                job
                for lane in LANES.values()
                for job in hints.waiting(connection, task, lane=lane, most=_MOST, hint_age=hint_age)
            ]
            ours = hints.note(connection, [job.id for job in found], hint_age=hint_age)
            found = [job for job in found if job.id in ours]
        for at, job in enumerate(found):
            try:
                queue.publish(task, job.lane, [job.id])
            except BrokerAway:
                with transaction(engine) as connection:
                    hints.unnote(connection, [later.id for later in found[at:]])
                raise
            counts.add("messages_sent")
