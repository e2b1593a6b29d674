"""Thin wrappers: ids in, one call, nothing out. Names are permanent, they are in flight during a deploy."""

import gc
import os
from collections.abc import Mapping
from functools import cache

from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_process_init, worker_process_shutdown

from metier.logs import configure
from metier.settings import settings
from worker.app import QUEUE, app
from worker.batch import Serving
from worker.child import Child
from worker.runner import Runner

_DAYS = 14 * 86_400


@cache
def child() -> Child:
    """Return what this process holds, made at its first need."""
    return Child(settings(), "tag", _load, _load_one)


@cache
def runner() -> Runner:
    """Return what this process holds on a queue of runs, made at its first need."""
    return Runner(settings(), os.environ.get(QUEUE, "train"))


@app.task(name="tag")
def tag(*job_ids: int) -> None:
    """Tag the postings of these jobs in every taxonomy."""
    child().tag(job_ids)


@app.task(name="train", soft_time_limit=_DAYS, time_limit=_DAYS + 60)
def train(*job_ids: int) -> None:
    """Execute these runs; a lease, and no time limit, says when one is given up."""
    runner().train(job_ids)


def _load(champions: Mapping[str, str]) -> Serving:
    from pipelines import answering, serving

    has = settings()
    taggers = serving.load(
        has.artifact_folder, champions=champions or None, threads=has.threads, cache=has.cache_folder,
        cache_rows=has.cache_rows, through=(SoftTimeLimitExceeded,),
    )  # fmt: skip
    return answering.opened(taggers, cache=has.cache_folder, rows=has.cache_rows)


def _load_one(name: str, digest: str) -> Serving:
    from pipelines import serving

    has = settings()
    return serving.load(
        has.artifact_folder, champions={name: digest} if digest else None, taxonomies=[name], threads=has.threads,
        cache=has.cache_folder, cache_rows=has.cache_rows, through=(SoftTimeLimitExceeded,),
    )  # fmt: skip


@worker_process_init.connect
def _begin(**_: object) -> None:
    configure(level=settings().log_level, as_json=settings().log_json)
    if os.environ.get(QUEUE, "tag") != "tag":
        runner().start()
        return
    child().start()
    # what is loaded stays: looking through it for garbage cost a third of what tagging costs beside encoding
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    if child.cache_info().currsize:
        child().end()
    if runner.cache_info().currsize:
        runner().end()
