"""Claim and complete without any model: what the database and our own code cost a job."""

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

from sqlalchemy import text as sql

from metier.types import Tag
from storage import claims, engine, leases, postings
from storage.engine import Engine, reading, transaction
from storage.tags import Tagged
from tests.bench import texts
from tests.bench.figures import Best, Target
from tests.bench.measurement import Measurement
from tests.bench.place import DATABASES, Place

BATCHES = (64, 256, 1024)
ARTIFACTS = {name: f"{name}@0123456789ab" for name in ("career", "department", "seniority")}
TAGS = (
    Tag("career", "logistics-procurement", 0.8312, sure=True, evidence={"words": ["driver", "goods"]}),
    Tag("department", "other", 0.6241, sure=True, evidence={"rule": "lexicon: driver", "words": ["driver"]}),
    Tag("seniority", "professional", 0.9713, sure=True, evidence={"words": ["driver"]}),
)


def run(place: Place) -> Mapping[str, float]:
    """Work off jobs in messages of three sizes, taking turns."""
    figures = {}
    for kind in DATABASES:
        with place.database(kind) as url:
            opened = engine.create(url)
            fill(opened, place.sizes.jobs)
            settle(opened)
            for batch, rate in rates(opened, BATCHES).items():
                figures[f"claiming.{batch}.{kind}"] = rate
            opened.dispose()
    return figures


def fill(opened: Engine, count: int, *, seed: int = 1) -> None:
    """Ingest so many titles."""
    found = texts.of_titles(count, source=f"claiming-{seed}", seed=seed)
    for start in range(0, len(found), 2000):
        with transaction(opened) as connection:
            postings.ingest(connection, found[start : start + 2000])


def settle(opened: Engine) -> None:
    """Let the database do now what it would else do at some time of its choice."""
    if opened.dialect.name == "postgresql":
        with opened.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sql("VACUUM ANALYZE"))
            connection.execute(sql("CHECKPOINT"))


def ready(opened: Engine) -> list[int]:
    """Return the jobs that may be claimed."""
    with reading(opened) as connection:
        return list(connection.execute(sql("SELECT id FROM job WHERE run_at IS NOT NULL ORDER BY id")).scalars())


def rates(opened: Engine, batches: Sequence[int]) -> dict[int, float]:
    """Work off all ready jobs, every size of message in its turn; return jobs a second of each."""
    ids = iter(ready(opened))
    done, took = dict.fromkeys(batches, 0), dict.fromkeys(batches, 0.0)
    largest = max(batches)
    while len(turn := [some for batch in batches for some in _messages(ids, batch, largest)]) >= sum(
        largest // batch for batch in batches
    ):
        for message in turn:
            began = time.perf_counter()
            work(opened, message)
            took[len(message)] += time.perf_counter() - began
            done[len(message)] += len(message)
    return {batch: done[batch] / took[batch] for batch in batches}


def work(opened: Engine, ids: Sequence[int]) -> None:
    """Claim these jobs and complete them with three tags each."""
    with transaction(opened) as connection:
        claimed = claims.claim(connection, ids, owner="bench:1", lease=120)
    with transaction(opened) as connection:
        counted = leases.complete(connection, [Tagged(job, TAGS, ARTIFACTS) for job in claimed])
    assert len(counted) == len(ids)


def _messages(ids: Iterator[int], batch: int, together: int) -> list[list[int]]:
    """Take as many jobs as the largest message holds, in messages of this size."""
    messages = [list(islice(ids, batch)) for _ in range(together // batch)]
    return [message for message in messages if len(message) == batch]


def _flatness(best: Best, database: str) -> float:
    return best.rate(f"claiming.64.{database}") / best.rate(f"claiming.1024.{database}")


def _rate(best: Best, database: str) -> float:
    return best.rate(f"claiming.256.{database}")


MEASUREMENT = Measurement(
    "claiming",
    run,
    (
        Target("claim and complete on Postgres, 256 a batch", partial(_rate, database="postgres"),
               at_least=10_000, goal=25_000, unit="jobs/s"),
        Target("claim and complete on SQLite, 256 a batch", partial(_rate, database="sqlite"),
               at_least=20_000, unit="jobs/s"),
        Target("a job in batches of 1024 on Postgres, of its cost in 64", partial(_flatness, database="postgres"),
               at_most=1.15),
        Target("a job in batches of 1024 on SQLite, of its cost in 64", partial(_flatness, database="sqlite"),
               at_most=1.15),
    ),
)  # fmt: skip
