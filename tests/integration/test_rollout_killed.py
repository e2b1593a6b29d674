"""A worker killed -9 at any statement while champions change leaves one champion and no tag without its artifact."""

import multiprocessing
import signal

import pytest
from sqlalchemy import text

from storage import artifacts, postings
from storage.engine import Engine, transaction
from tests.factories import a_title
from tests.integration.retag_killed import leases_run_out
from tests.integration.retag_world import TAXONOMIES, rows
from tests.integration.rollout_killed import NEW, OLD, carry_on, die_at, promote

TITLES = 6
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.integration.rollout_killed"])


def sound(engine: Engine) -> str:
    """See that one artifact serves in both taxonomies and that each tag is of the artifact that it names; return it."""
    serving = set(rows(engine, "SELECT name, digest FROM champion"))
    ((digest,),) = {(digest,) for _, digest in serving}
    assert serving == {(name, digest) for name in TAXONOMIES}
    with transaction(engine) as connection:
        states = [one.state for one in artifacts.listed(connection)]
    assert states.count(artifacts.CHAMPION) == len(TAXONOMIES)
    found = rows(engine, "SELECT posting_id, taxonomy, artifact, code FROM tag ORDER BY posting_id")
    assert all(artifact == f"{taxonomy}@{code.partition('-')[0]}" for _, taxonomy, artifact, code in found)
    versions: dict[int, list[str]] = {}
    for posting, _, artifact, _ in found:
        versions.setdefault(posting, []).append(artifact.partition("@")[2])
    assert all(len(of) == len(TAXONOMIES) and len(set(of)) == 1 for of in versions.values()), "one batch, one artifact"
    return str(digest)


def begin_anew(engine: Engine) -> None:
    """Let the old one serve, with titles that wait."""
    with transaction(engine) as connection:
        for table in ("tag", "tag_history", "job", "outbox", "posting", "champion", "artifact", "artifact_move"):
            connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names from here
        postings.ingest(connection, [a_title(f"Nurse {number}") for number in range(TITLES)])
    promote(engine, OLD, None)


@pytest.mark.timeout(600)  # a process for each boundary
def test_a_kill_at_any_statement_leaves_one_champion_and_each_tag_with_its_artifact(
    engine: Engine, database: str
) -> None:
    served = {OLD: 0, NEW: 0}
    for at in range(1, 1000):
        begin_anew(engine)
        child = PROCESSES.Process(target=die_at, args=(database, at))
        child.start()
        child.join(100)
        assert child.exitcode in (0, -signal.SIGKILL)
        now = sound(engine)
        if child.exitcode == 0:
            break
        served[now] += 1
        leases_run_out(engine)
        carry_on(database)
        assert sound(engine) == NEW
        assert rows(engine, "SELECT state, count(*) FROM job GROUP BY state") == [("done", TITLES)]
        assert rows(engine, "SELECT count(*) FROM tag") == [(TITLES * len(TAXONOMIES),)]
    assert min(served.values()) > 5, "kills must fall before and behind the move"
