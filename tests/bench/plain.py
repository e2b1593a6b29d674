"""The plain way, as a control: a Celery task a posting, the model in its usual form in it, an INSERT a tag."""

import sys
import time
from collections.abc import Mapping

import psycopg

from console.supervise import Part, Supervisor
from tests.bench import texts
from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import CHILDREN, Place

_COMMAND = (
    sys.executable, "-m", "celery", "-A", "tests.bench.plain_tasks", "worker", "--concurrency", str(CHILDREN),
    "--queues", "plain", "--loglevel", "ERROR", "--without-gossip", "--without-mingle",
)  # fmt: skip


def run(place: Place) -> Mapping[str, float]:
    """Tag some hundred titles on Postgres; the cost a title does not hang on their number."""
    place.broker.flush()
    with place.database("postgres") as url:
        dsn = url.replace("+psycopg", "")
        kept = Supervisor(place.home())
        with psycopg.connect(dsn, autocommit=True) as database:
            database.execute("CREATE TABLE plain (id serial PRIMARY KEY, title text, taxonomy text, code text)")
            try:
                kept.start(Part("plain", _COMMAND, {"BENCH_BROKER": place.broker.url, "BENCH_DATABASE": dsn}))
                _finish(database, place, texts.titles(20, seed=0))
                return {"plain.titles": _finish(database, place, texts.titles(place.sizes.plain))}
            finally:
                kept.stop()


def _finish(database: "psycopg.Connection[tuple[object, ...]]", place: Place, titles: list[str]) -> float:
    from celery import Celery

    from tests.bench.plain_tasks import TAGS

    database.execute("TRUNCATE plain")
    app = Celery(broker=place.broker.url)
    began = time.perf_counter()
    with app.connection_for_write() as connection:
        for title in titles:
            app.send_task("plain", args=[title], queue="plain", connection=connection)
    while _rows(database) < len(titles) * len(TAGS):
        assert time.perf_counter() - began < 600, "the plain way does not end"
        time.sleep(0.02)
    return len(titles) / (time.perf_counter() - began)


def _rows(database: "psycopg.Connection[tuple[object, ...]]") -> int:
    row = database.execute("SELECT count(*) FROM plain").fetchone()
    assert row is not None
    return int(str(row[0]))


def _times(best: Best) -> float:
    return best.rate("through.titles.postgres") / best.rate("plain.titles")


MEASUREMENT = Measurement(
    "plain", run, (Target("titles on Postgres, times the plain way", _times, at_least=12, goal=20),)
)
