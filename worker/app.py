"""The Celery application and the one door to the broker; the only place that configures the queue."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

# a worker that is told to end gives its children `worker_soft_shutdown_timeout` and then requeues what they hold;
# Celery reads this while it is imported
os.environ.setdefault("REMAP_SIGTERM", "SIGQUIT")
# the small products of the heads are no work for several threads, which then only wait for each other
os.environ.setdefault("OMP_NUM_THREADS", "1")

from celery import Celery
from kombu.entity import Queue
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from metier.errors import BrokerAway, ConfigError
from metier.settings import Settings, settings
from worker import transport

QUEUES = ("tag", "label", "train")
QUEUE = "SERVED_QUEUE"
"""In the environment of a worker's children: the queue that they serve."""
_PRIORITIES = (0, 9)
"""Of the live and of the backfill lane; with Redis the smaller number goes first."""

_SOCKET = {
    "socket_timeout": 5,
    "socket_connect_timeout": 3,
    "socket_keepalive": True,
    "health_check_interval": 5,
}
"""Without these a half-open connection hangs for ever."""


def make(settings: Settings) -> Celery:
    """Make the application; nothing connects yet."""
    transport.install()
    app = Celery("metier", broker=settings.broker_url.get_secret_value() or "redis://127.0.0.1:6379/0")
    app.conf.update(
        broker_transport_options={
            "visibility_timeout": 3600,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "priority_steps": list(_PRIORITIES),
            "queue_order_strategy": "priority",
            **_SOCKET,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        include=["worker.tasks"],
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        result_backend=None,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_publish_retry=False,
        task_soft_time_limit=240,
        task_time_limit=300,
        task_queues=[Queue(name) for name in QUEUES],
        task_default_queue="tag",
        task_create_missing_queues=False,
        worker_prefetch_multiplier=1,
        worker_pool_start_method="spawn",  # forking after ONNX or FAISS ran with threads hangs the child
        worker_max_memory_per_child=2_000_000,
        worker_soft_shutdown_timeout=5,
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_proc_alive_timeout=60,
    )
    return app


app = make(settings())


class Door:
    """Sends ids and counts what waits; raises BrokerAway when the broker does not answer."""

    def __init__(self, app: Celery) -> None:
        if not app.conf.broker_write_url:
            raise ConfigError("no broker: set METIER_BROKER_URL, or use `metier up`, which starts one")
        self._app = app
        self._connection = app.connection_for_write()

    def publish(self, task: str, lane: int, ids: Sequence[int]) -> None:
        """Send one message of ids to the queue of this task."""
        with self._reached():
            self._app.send_task(
                task, args=list(ids), queue=task, priority=_PRIORITIES[lane], connection=self._connection, retry=False
            )

    def depth(self, task: str) -> tuple[int, int]:
        """Return how many messages nobody took yet, of the live and of the backfill lane."""
        with self._reached():
            channel = self._connection.default_channel
            with channel.client.pipeline(transaction=False) as asked:  # in one round trip
                for priority in _PRIORITIES:
                    asked.llen(channel._q_for_pri(task, priority))
                live, backfill = asked.execute()
            return int(live), int(backfill)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except (KombuError, RedisError, OSError) as error:
            self._connection.collect()  # a fresh connection next time: this one may be half open
            raise BrokerAway(f"the broker does not answer ({type(error).__name__}): is it running?") from error
