"""A batch that is told to end gives back what it has not written, wherever the signal finds it."""

import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from subprocess import PIPE

import pytest
from sqlalchemy import text

from metier.types import Tag, Text
from storage import postings
from storage.engine import PATIENCE, create, transaction
from tests.factories import a_title
from tests.servers import REPOSITORY
from worker import batch
from worker.batch import Held, Terms


class Interrupted:
    """Tags, and is told to end at one point of its work."""

    def __init__(self, point: str) -> None:
        self._point = point

    @property
    def artifacts(self) -> Mapping[str, str]:
        """Return its artifacts, which are asked for when results are about to be written."""
        self._pass("writing")
        return {"seniority": "a@1"}

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Give each text a tag."""
        self._pass("tagging")
        return [[Tag("seniority", "senior", 0.9, sure=True)] for _ in texts]

    def counters(self) -> Mapping[str, float]:
        """Return nothing."""
        return {}

    def _pass(self, point: str) -> None:
        if point == self._point:
            raise SystemExit  # as the signal handler of a pool child does


@pytest.mark.parametrize("point", ["tagging", "writing"])
def test_jobs_go_back_with_their_attempt_and_lease(database: str, point: str) -> None:
    engine = create(database)
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title(), a_title()])
        ids = list(connection.execute(text("SELECT id FROM job")).scalars())
    with pytest.raises(SystemExit):
        batch.run(engine, ids, Interrupted(point), Terms("one"), Held())
    with transaction(engine) as connection:
        jobs = connection.execute(text("SELECT state, attempts, lease_until, run_at IS NULL FROM job")).all()
    assert [tuple(job) for job in jobs] == [("ready", 0, None, False)] * 2
    engine.dispose()


def test_a_signal_is_heard_while_another_writes(sqlite_database: str) -> None:
    code = (
        "import sys; from storage.engine import PATIENCE, create, transaction\n"
        "print('waits', flush=True)\n"
        "with transaction(create(sys.argv[1])): pass"
    )
    engine = create(sqlite_database)
    with transaction(engine):
        waiting = subprocess.Popen(
            [sys.executable, "-c", code, sqlite_database], stdout=PIPE, stderr=PIPE, cwd=REPOSITORY
        )
        assert waiting.stdout is not None
        assert waiting.stdout.readline() == b"waits\n"
        time.sleep(1)
        began = time.monotonic()
        waiting.send_signal(signal.SIGINT)
        waiting.communicate(timeout=60)
        assert time.monotonic() - began < PATIENCE / 2
    engine.dispose()


def test_what_cannot_be_given_back_in_a_moment_is_left_to_its_lease(sqlite_database: str) -> None:
    engine = create(sqlite_database)
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title()])
        ids = list(connection.execute(text("SELECT id FROM job")).scalars())
    other = create(sqlite_database)
    with ExitStack() as held:

        class Blocked(Interrupted):
            def _pass(self, point: str) -> None:
                if point == "tagging":
                    held.enter_context(transaction(other))
                super()._pass(point)

        with pytest.raises(SystemExit):
            batch.run(engine, ids, Blocked("tagging"), Terms("one"), Held())
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT state FROM job")).scalar_one() == "leased"
    engine.dispose()
    other.dispose()
