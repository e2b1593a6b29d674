"""Thin wrappers: ids in, one call, nothing out. Names are permanent, they are in flight during a deploy."""

import gc
from collections.abc import Mapping
from functools import cache

from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_process_init, worker_process_shutdown

from metier.logs import configure
from metier.settings import settings
from worker.app import app
from worker.batch import Serving
from worker.child import Child


@cache
def child() -> Child:
    """Return what this process holds, made at its first need."""
    return Child(settings(), "tag", _load)


@app.task(name="tag")
def tag(*job_ids: int) -> None:
    """Tag the postings of these jobs in every taxonomy."""
    child().tag(job_ids)


def _load(champions: Mapping[str, str]) -> Serving:
    from pipelines import answering, serving

    has = settings()
    taggers = serving.load(
        has.artifact_folder, champions=champions or None, threads=has.threads, cache=has.cache_folder,
        cache_rows=has.cache_rows, through=(SoftTimeLimitExceeded,),
    )  # fmt: skip
    return answering.opened(taggers, cache=has.cache_folder, rows=has.cache_rows)


@worker_process_init.connect
def _begin(**_: object) -> None:
    configure(level=settings().log_level, as_json=settings().log_json)
    child().start()
    # what is loaded stays: looking through it for garbage cost a third of what tagging costs beside encoding
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    child().end()
