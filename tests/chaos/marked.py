"""A worker application for the chaos runs: the real batch, child and queue, with a tagger that obeys marks in titles."""

import hashlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from functools import cache

from celery.signals import worker_process_init, worker_process_shutdown

from metier.errors import Rejected, Transient
from metier.settings import settings
from metier.types import Tag, Text
from worker.app import app
from worker.child import Child

app.conf.include = ["tests.chaos.marked"]


class Marked:
    """Tags by a hash of the title; dies, fails or refuses where the title says so."""

    artifacts: Mapping[str, str] = {"seniority": "marked@1", "department": "marked@1"}  # noqa: RUF012  a constant

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Return one outcome a text, after about as long as a model takes."""
        time.sleep(0.0002 * len(texts))
        return [_outcome(text.title) for text in texts]

    def counters(self) -> Mapping[str, float]:
        """Return nothing: no model runs here."""
        return {}


def _outcome(title: str) -> list[Tag] | Exception:
    if "KILLS" in title:
        os.kill(os.getpid(), signal.SIGKILL)
    if "REFUSED" in title:
        return Rejected("planted")
    if "FAILS" in title:
        return ValueError("planted")
    if "LATER" in title and int(time.time()) % 2:
        return Transient("planted")
    code = hashlib.blake2b(title.encode(), digest_size=2).hexdigest()
    return [Tag("seniority", code, 0.9, True), Tag("department", code[:2], 0.9, True)]


@cache
def child() -> Child:
    """Return what this process holds."""
    return Child(settings(), "tag", lambda _: Marked())


@app.task(name="tag")
def tag(*job_ids: int) -> None:
    """Tag as worker.tasks does."""
    child().tag(job_ids)


@worker_process_init.connect
def _begin(**_: object) -> None:
    child().start()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    child().end()
