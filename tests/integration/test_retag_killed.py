"""Whatever is killed at whichever commit of applying or undoing: called again, it ends as if nothing had happened."""

import multiprocessing
import signal

import pytest

from storage.engine import Engine
from tests.factories import a_title
from tests.integration.retag_killed import carry_on, die_at, leases_run_out, undo
from tests.integration.retag_world import bring, rows, tags

TITLES = 4
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.integration.retag_killed"])


@pytest.mark.timeout(600)  # a process for each commit
def test_a_kill_at_any_commit_neither_loses_nor_doubles_anything(engine: Engine, database: str) -> None:
    killed = 0
    for at in range(1, 100):
        source = f"kill {at}"
        bring(engine, *(a_title(f"Nurse {number}", source=source) for number in range(TITLES)))
        before = tags(engine)
        child = PROCESSES.Process(target=die_at, args=(database, source, at))
        child.start()
        child.join(60)
        assert child.exitcode in (0, -signal.SIGKILL)
        if child.exitcode == 0:
            assert tags(engine) == before
            break
        killed += 1
        leases_run_out(engine)
        undone = rows(
            engine, "SELECT 1 FROM run WHERE kind = 'retag undo' AND params LIKE :run", run=f"%{_run(engine)},%"
        )
        run = carry_on(engine, source) if not undone else _run(engine)
        if not undone:
            assert _given(engine, source) == {("2", run, 2 * TITLES)}
            assert rows(engine, "SELECT count(*), count(DISTINCT subject) FROM job WHERE purpose = :p",
                        p=f"retag:{run}") == [(TITLES, TITLES)]  # fmt: skip
        undo(engine, run)
        assert tags(engine) == before
        assert _written(engine, run) == {"history": 2 * TITLES, "marks": 2 * TITLES, "events": 3 * TITLES}
    assert killed >= 12


def _run(engine: Engine) -> int:
    ((run,),) = rows(engine, "SELECT COALESCE(MAX(id), 0) FROM run WHERE kind = 'retag'")
    return int(run)


def _given(engine: Engine, source: str) -> set[tuple[str, int, int]]:
    found = rows(
        engine,
        "SELECT substr(t.code, 1, 1), t.run_id, count(*) FROM tag t JOIN posting p ON p.id = t.posting_id "
        "WHERE p.source = :source GROUP BY substr(t.code, 1, 1), t.run_id",
        source=source,
    )
    return {(code, run, int(number)) for code, run, number in found}


def _written(engine: Engine, run: int) -> dict[str, int]:
    """Count what applying and undoing wrote: each replaced tag once, each posting told at first, applied, undone."""
    ((history, marks, events),) = rows(
        engine,
        "SELECT (SELECT count(*) FROM tag_history WHERE replaced_by = :run), "
        "(SELECT count(*) FROM retagged WHERE run_id = :run AND undone_by IS NOT NULL), "
        "(SELECT count(*) FROM outbox WHERE posting_id IN (SELECT posting_id FROM retagged WHERE run_id = :run))",
        run=run,
    )
    return {"history": int(history), "marks": int(marks), "events": int(events)}
