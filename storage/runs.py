"""Runs: one row for each execution of something long, with progress, a log, and what came of it.

All kinds are written and listed here. One that is executed in one piece has a job of its own, and this file moves it;
one that hands out many jobs, as tagging again does, is moved by `retag_runs`.
Where a run stands is told by its job until the run has ended: waiting, running, failed (set aside) or cancelled.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.json_text import as_json
from metier.types import Lane
from storage import jobs, moments
from storage.dialect import statement, words

Json = Mapping[str, Any]  # any JSON: each kind of run has its own

_SELECT = (
    "SELECT r.id, r.kind, CASE WHEN r.ended_at IS NOT NULL THEN r.state WHEN j.state = 'leased' THEN 'running' "
    "WHEN j.state = 'ready' THEN 'waiting' WHEN j.state = 'dead' THEN 'failed' "
    "WHEN j.state = 'cancelled' THEN 'cancelled' ELSE r.state END, r.params, r.step, r.done, r.total, r.checkpoint, "
    "r.outcome, COALESCE(r.error, j.error, ''), r.started_at, r.ended_at, COALESCE(j.owner, ''), COALESCE(j.id, 0) "
    "FROM run r LEFT JOIN job j ON j.subject = r.id AND j.task = r.kind"
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run as people look at it; `total` is None where nobody knows how long it will be."""

    id: int
    kind: str
    state: str
    params: Json
    step: str
    done: int
    total: int | None
    checkpoint: Json
    outcome: Json
    error: str
    started_at: datetime
    ended_at: datetime | None
    owner: str
    job: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a run's log."""

    at: datetime
    text: str


def add(connection: Connection, kind: str, state: str, *, params: Json, total: int | None = None) -> int:
    """Write down a new run of any kind and return its number."""
    w = words(connection)
    return int(
        connection.execute(
            statement(
                "INSERT INTO run (kind, state, params, done, total, checkpoint, started_at, step, outcome) "
                f"VALUES (:kind, :state, :params, 0, :total, '{{}}', {w.now}, '', '{{}}') RETURNING id"
            ),
            {"kind": kind, "state": state, "params": as_json(dict(params)), "total": total},
        ).scalar_one()
    )


def queue(connection: Connection, kind: str, params: Json) -> tuple[int, int]:
    """Write a run and the job that executes it; return the ids of both."""
    run = add(connection, kind, "waiting", params=params)
    jobs.enqueue(connection, [(run, 1, True)], lane=Lane.BACKFILL, task=kind)
    job = connection.execute(
        statement("SELECT id FROM job WHERE task = :kind AND subject = :run"), {"kind": kind, "run": run}
    ).scalar_one()
    return run, int(job)


def get(connection: Connection, run: int) -> Run | None:
    """Return one run."""
    found = connection.execute(statement(f"{_SELECT} WHERE r.id = :run"), {"run": run}).first()
    return None if found is None else _run(found)


def listed(connection: Connection, kind: str = "", *, most: int = 50) -> list[Run]:
    """Return the newest runs, of one kind or all."""
    where = "WHERE r.kind = :kind" if kind else ""
    found = connection.execute(
        statement(f"{_SELECT} {where} ORDER BY r.id DESC LIMIT :most"), {"kind": kind, "most": most}
    )
    return [_run(row) for row in found]


def log(connection: Connection, run: int) -> list[Line]:
    """Return the log of a run, the oldest line first."""
    found = connection.execute(statement("SELECT at, line FROM run_line WHERE run_id = :run ORDER BY id"), {"run": run})
    return [Line(moments.read(at), line) for at, line in found]


def say(connection: Connection, run: int, line: str) -> None:
    """Append a line to the log."""
    w = words(connection)
    connection.execute(
        statement(f"INSERT INTO run_line (run_id, at, line) VALUES (:run, {w.now}, :line)"), {"run": run, "line": line}
    )


def begin(connection: Connection, run: int) -> None:
    """Open a run, also one that had ended and is tried once more."""
    connection.execute(
        statement("UPDATE run SET state = 'running', ended_at = NULL, error = NULL WHERE id = :run"), {"run": run}
    )


def note(connection: Connection, run: int, *, step: str, done: int, total: int) -> None:
    """Write down how far a run is."""
    connection.execute(
        statement("UPDATE run SET state = 'running', step = :step, done = :done, total = :total WHERE id = :run"),
        {"run": run, "step": step, "done": done, "total": total},
    )


def mark(connection: Connection, run: int, checkpoint: Json) -> None:
    """Write down from where the run can go on."""
    connection.execute(
        statement("UPDATE run SET checkpoint = :checkpoint WHERE id = :run"),
        {"run": run, "checkpoint": as_json(dict(checkpoint))},
    )


def end(connection: Connection, run: int, *, state: str, outcome: Json, error: str = "") -> None:
    """End a run with what came of it."""
    w = words(connection)
    connection.execute(
        statement(
            f"UPDATE run SET state = :state, outcome = :outcome, error = NULLIF(:error, ''), ended_at = {w.now} "
            "WHERE id = :run"
        ),
        {"run": run, "state": state, "outcome": as_json(dict(outcome)), "error": error[:2000]},
    )


def _run(row: Any) -> Run:  # a row
    id_, kind, state, params, step, done, total, checkpoint, outcome, error, started, ended, owner, job = row
    return Run(
        id_, kind, state, json.loads(params), step, int(done), None if total is None else int(total),
        json.loads(checkpoint), json.loads(outcome), error, moments.read(started),
        None if ended is None else moments.read(ended), owner, int(job),
    )  # fmt: skip
