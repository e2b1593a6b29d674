"""The control: the same postings as plain Celery tasks, late acknowledgement and all that stock Celery offers.

What the checker finds here shows that it sees.
"""

import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing

import psycopg
from celery import Celery

URL = "METIER_CHAOS_STOCK_URL"
TABLE = "CREATE TABLE stock_result (source_key TEXT NOT NULL, revision INT NOT NULL)"
_INSERT = "INSERT INTO stock_result (source_key, revision) VALUES (%s, %s)"

app = Celery("stock", broker=os.environ.get("METIER_BROKER_URL", ""))
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_transport_options={
        "visibility_timeout": 20,  # an hour by default: what is merely late then would count as lost here
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "health_check_interval": 5,
    },
    worker_enable_remote_control=False,
)


class Planted(Exception):
    """This title is one that cannot be tagged."""


@app.task(name="stock", autoretry_for=(sqlite3.OperationalError, psycopg.OperationalError), max_retries=None,
          default_retry_delay=1)  # fmt: skip
def tag(key: str, revision: int, title: str) -> None:
    """Write the result of one posting."""
    time.sleep(float(os.environ["METIER_CHAOS_PACE"]))
    if "REFUSED" in title or "FAILS" in title:
        raise Planted(key)
    insert(os.environ[URL], (key, revision))


def insert(url: str, values: Sequence[object]) -> None:
    """Write one row in a transaction of its own."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=15, isolation_level=None)) as connection:
            connection.execute(_INSERT.replace("%s", "?"), tuple(values))
    else:
        dsn = url.replace("+psycopg", "")
        with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as connection:
            connection.execute(_INSERT.encode(), tuple(values))
