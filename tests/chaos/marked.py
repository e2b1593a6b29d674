"""A worker application for chaos runs: the real batch, child and queue, with a tagger that obeys marks in titles."""

import hashlib
import os
import signal
import time
from collections.abc import Mapping, Sequence
from functools import cache

from celery.signals import worker_process_init, worker_process_shutdown

from metier.errors import Rejected, Transient
from metier.logs import configure
from metier.settings import settings
from metier.types import Tag, Text
from worker.app import app
from worker.child import Child

app.conf.include = ["tests.chaos.marked"]
PACE = "METIER_CHAOS_PACE"
"""Names the setting of how many seconds the tagger takes for a text."""


class Marked:
    """Tags by a hash of the title; dies, fails or refuses where the title says so. Evidence names the champion."""

    artifacts: Mapping[str, str] = {"seniority": "marked@1", "department": "marked@1"}

    def __init__(self, pace: float, champions: Mapping[str, str] | None = None) -> None:
        self._pace = pace
        self._champions = champions or {}
        if champions:
            time.sleep(0.1)  # a model is not loaded at once, and a kill may fall in between
            self.artifacts = {name: f"{name}@{champions[name]}" for name in self.artifacts}

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Return one outcome a text, after about as long as a model takes."""
        return [self._outcome(text.title) for text in texts]

    def counters(self) -> Mapping[str, float]:
        """Return nothing: no model runs here."""
        return {}

    def _outcome(self, title: str) -> list[Tag] | Exception:
        time.sleep(self._pace)
        if "KILLS" in title:
            os.kill(os.getpid(), signal.SIGKILL)
        if "REFUSED" in title:
            return Rejected("planted")
        if "FAILS" in title:
            return ValueError("planted")
        if "LATER" in title and int(time.monotonic()) % 2:
            return Transient("planted")
        if "SLOW" in title:
            time.sleep(3.0)
        return [
            Tag(taxonomy, code, 0.9, True, {"champion": self._champions.get(taxonomy, "")})
            for taxonomy, code in codes(title).items()
        ]


def codes(title: str) -> dict[str, str]:
    """Return by taxonomy the code that a title must get."""
    code = hashlib.blake2b(title.encode(), digest_size=2).hexdigest()
    return {"seniority": code, "department": code[:2]}


@cache
def child() -> Child:
    """Return what this process holds."""
    return Child(settings(), "tag", lambda champions: Marked(float(os.environ.get(PACE, "0.0002")), champions))


@app.task(name="tag")
def tag(*job_ids: int) -> None:
    """Tag as worker.tasks does."""
    child().tag(job_ids)


@worker_process_init.connect
def _begin(**_: object) -> None:
    configure(level=settings().log_level, as_json=settings().log_json)
    child().start()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    child().end()
