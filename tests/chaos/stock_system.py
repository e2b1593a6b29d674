"""The control as a run starts it: stock Celery workers, and a producer that sends one message a posting."""

import itertools
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis
from celery import Celery
from kombu.exceptions import KombuError

from metier.types import Lane, Posting
from tests.chaos import checker, stock
from tests.chaos.checker import Truth, Verdict
from tests.chaos.databases import Database
from tests.chaos.form import Form
from tests.chaos.keeper import Keeper
from tests.chaos.marked import PACE
from tests.chaos.workload import FAILS, REFUSED


class Stock:
    """Plain Celery tasks. Titles that kill are not given to it: it would hand them out for ever."""

    name = "stock Celery"
    table = "stock_result"
    stock = True
    marks = (FAILS, REFUSED)

    def __init__(self, database: Database, broker: str, form: Form, folder: Path) -> None:
        self._database = database
        self._broker = broker
        self._form = form
        self._folder = folder
        self._app = Celery("producer", broker=broker)
        self._app.conf.update(task_publish_retry=False, broker_transport_options={"socket_timeout": 5})

    def environment(self) -> dict[str, str]:
        """Return where things are."""
        return {"METIER_BROKER_URL": self._broker, stock.URL: self._database.url, PACE: str(self._form.pace)}

    def start(self, keeper: Keeper) -> None:
        """Make the table of results, then start two workers."""
        self._database.execute(stock.TABLE)
        for number in range(2):
            keeper.start(
                f"worker-{number}", "celery", "-A", "tests.chaos.stock", "worker", "--concurrency", "2",
                "--hostname", f"stock-{number}@%h", "--loglevel", "WARNING",
            )  # fmt: skip

    def take(self, arriving: Sequence[Posting], lane: Lane, revision: Callable[[Posting], int]) -> None:
        """Send a task for each posting, again and again until the broker has said yes."""
        del lane  # it has none
        for posting in arriving:
            for pause in itertools.chain((0.2, 0.5), itertools.repeat(1.0)):
                try:
                    self._app.send_task("stock", args=[posting.key, revision(posting), posting.title], retry=False)
                except (KombuError, redis.RedisError, OSError):
                    time.sleep(pause)
                else:
                    break

    def waiting(self) -> int:
        """Return how many messages lie on the queue or in the hands of workers."""
        try:
            with redis.Redis.from_url(self._broker, socket_timeout=5) as client:
                return int(client.llen("celery")) + int(client.hlen("unacked"))
        except redis.RedisError:
            return 1

    def check(self, truth: Truth, poisons: dict[str, str]) -> Verdict:
        """Count by the same two questions as ours."""
        self._app.close()
        rows = self._database.rows("SELECT source_key, revision FROM stock_result")
        return Verdict(
            lost=checker.lost(truth, rows, poisons), doubled=checker.doubled(rows),
            poisons=len(poisons), jobs=sum(map(len, truth.values())),
        )  # fmt: skip
