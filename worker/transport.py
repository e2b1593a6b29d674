"""The Redis transport of Celery, mended where it would let a worker stop taking messages for ever.

A message whose acknowledgement failed stays counted among those that the worker may hold. Once all of them have
failed so, it asks for no more; and as it then waits for nothing, nothing tells it that the broker is back.
"""

from kombu.transport import TRANSPORT_ALIASES, redis, virtual


class QoS(redis.QoS):
    """Counts a message as held no longer once the worker is through with it, whether or not the broker heard so.

    What it did not hear of it gives out again after an hour; the jobs of such a message are done, so nobody gets them.
    """

    def ack(self, delivery_tag: str) -> None:
        """Acknowledge a message."""
        try:
            super().ack(delivery_tag)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back, or let it go."""
        try:
            super().reject(delivery_tag, requeue=requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)


class Channel(redis.Channel):
    """A channel that counts so."""

    QoS = QoS


class Transport(redis.Transport):
    """A transport of such channels."""

    Channel = Channel


def install() -> None:
    """Have every Redis URL of this process use this transport."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:{Transport.__name__}"))
