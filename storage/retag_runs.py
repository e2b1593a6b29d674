"""Runs that tag postings again, and runs that undo one: where each stands; what they do is in `retags`, `undoing`.

They are rows beside those of `runs`, which lists them too; their own here is that no single job tells how they stand.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.errors import Rejected
from metier.json_text import as_json
from storage import moments, runs
from storage.dialect import Words, statement, words

RETAG, UNDO = "retag", "retag undo"
APPLYING, DONE, CANCELLED = "applying", "done", "cancelled"
UNDOING, UNDONE = "undoing", "undone"
OPEN = (APPLYING, UNDOING)
_LOCK = 7_303_050
_COLUMNS = "id, kind, state, params, checkpoint, done, total, started_at, ended_at"


@dataclass(frozen=True, slots=True)
class Run:
    """A run of kind `retag` or `retag undo`; `params` say what it was asked for, `checkpoint` how far it came."""

    id: int
    kind: str
    state: str
    params: Mapping[str, Any]  # JSON
    checkpoint: Mapping[str, Any]  # JSON
    done: int
    total: int
    started_at: datetime
    ended_at: datetime | None

    @property
    def taxonomies(self) -> list[str]:
        """Return the taxonomies whose tags it replaces."""
        return list(self.params["taxonomies"])

    @property
    def undoes(self) -> int:
        """Return the run that it undoes."""
        return int(self.params["run"])


def purpose(run: int) -> str:
    """Return the purpose of the jobs of a run."""
    return f"{RETAG}:{run}"


def of_purpose(purpose: str) -> int | None:
    """Return the run that a job was made by."""
    kind, colon, number = purpose.partition(":")
    return int(number) if kind == RETAG and colon and number.isdigit() else None


def add(connection: Connection, kind: str, state: str, *, params: Mapping[str, Any], total: int) -> int:  # JSON
    """Write down a new run and return its number."""
    return runs.add(connection, kind, state, params=params, total=total)


def get(connection: Connection, run: int) -> Run:
    """Return a run; raise Rejected where there is none of this number."""
    return _one(connection, run, "")


def taxonomies(connection: Connection, run: int) -> set[str]:
    """Return what a run replaces; nothing where it is not known, so that its jobs change nothing and harm no others."""
    params: str | None = connection.execute(
        statement(f"SELECT params FROM run WHERE id = :run AND kind = '{RETAG}'"), {"run": run}
    ).scalar()
    return set() if params is None else set(json.loads(params)["taxonomies"])


def hold(connection: Connection, run: int) -> Run:
    """Return a run and keep others from moving it until the transaction ends."""
    return _one(connection, run, words(connection).lock)


def listed(connection: Connection, *, most: int = 100) -> list[Run]:
    """Return the runs, the newest first."""
    found = connection.execute(
        statement(f"SELECT {_COLUMNS} FROM run WHERE kind IN ('{RETAG}', '{UNDO}') ORDER BY id DESC LIMIT :most"),
        {"most": most},
    )
    return [_run(row) for row in found]


def open_runs(connection: Connection) -> list[Run]:
    """Return the runs that have something to do, the oldest first."""
    found = connection.execute(
        statement(
            f"SELECT {_COLUMNS} FROM run WHERE kind IN ('{RETAG}', '{UNDO}') AND state IN ('{APPLYING}', '{UNDOING}') "
            f"AND NOT (kind = '{RETAG}' AND state = '{UNDOING}') ORDER BY id"
        )
    )
    return [_run(row) for row in found]


def refuse_overlap(connection: Connection, taxonomies: Sequence[str], *, but: int | None = None) -> None:
    """Raise Rejected where another run replaces tags of these taxonomies now: two at once would mix their tags."""
    if connection.dialect.name == "postgresql":  # whoever begins a run at the same moment goes after us
        connection.execute(statement("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    for run in open_runs(connection):
        shared = sorted(set(run.taxonomies) & set(taxonomies))
        if shared and (but is None or but not in (run.id, run.params.get("run"))):
            raise Rejected(
                f"run {run.id} is still at work on {', '.join(shared)}: wait for it (`metier retag show {run.id}`), "
                f"or undo it (`metier retag undo {run.id}`)"
            )


def move(connection: Connection, run: int, *, done: int, checkpoint: Mapping[str, Any]) -> None:  # JSON
    """Note how far a run came."""
    connection.execute(
        statement("UPDATE run SET done = :done, checkpoint = :checkpoint WHERE id = :run"),
        {"run": run, "done": done, "checkpoint": as_json(dict(checkpoint))},
    )


def turn(connection: Connection, run: int, state: str) -> None:
    """Bring a run into a state; one that no longer works has an end."""
    w: Words = words(connection)
    ended = "NULL" if state in OPEN else w.now
    connection.execute(
        statement(f"UPDATE run SET state = :state, ended_at = {ended} WHERE id = :run"), {"run": run, "state": state}
    )


def _one(connection: Connection, run: int, lock: str) -> Run:
    found = connection.execute(
        statement(f"SELECT {_COLUMNS} FROM run WHERE id = :run AND kind IN ('{RETAG}', '{UNDO}') {lock}"),
        {"run": run},
    ).one_or_none()
    if found is None:
        raise Rejected(f"there is no run {run} that tags again: see `metier retag list`")
    return _run(found)


def _run(row: Any) -> Run:  # a row
    id_, kind, state, params, checkpoint, done, total, started, ended = row
    return Run(
        id_, kind, state, json.loads(params), json.loads(checkpoint), int(done), int(total or 0),
        moments.read(started), None if ended is None else moments.read(ended),
    )  # fmt: skip
