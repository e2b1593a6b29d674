"""What is known of each source: its cursor, its breaker, whether it lets us in, and which of its rows were set aside.

The cursor moves by compare-and-swap in the transaction that saves what was read up to it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from storage import moments
from storage.dialect import as_rows, clean, statement, words

FAILURES = 5
"""So many failures in a row open the breaker."""
PAUSE, LONGEST_PAUSE = 60.0, 3600.0
"""Seconds that an open breaker waits before a probe: the first time, doubled each time, and at the most."""
_KEPT = 10
_FIELDS = "name, cursor, failures, open_until, refused, last_ok, last_error, bad, bad_last"


@dataclass(frozen=True, slots=True)
class SourceState:
    """One source as `metier status` shows it. `waits_until` is set while the breaker is open."""

    name: str
    cursor: Mapping[str, Any]  # any JSON: each source keeps its own place
    failures: int
    waits_until: datetime | None
    refused: str | None
    last_ok: datetime | None
    last_error: str | None
    bad: int
    bad_last: Sequence[str]

    @property
    def word(self) -> str:
        """Return how it stands in one word."""
        if self.refused is not None:
            return "refused"
        if self.waits_until is not None:
            return "waiting"
        return "failing" if self.failures else "ok"


def begin(connection: Connection, name: str) -> SourceState:
    """Return where the source stands, and note it when it is new."""
    w = words(connection)
    connection.execute(
        statement(
            "INSERT INTO source (name, cursor, failures, bad, bad_last, changed_at) "
            f"VALUES (:name, '{{}}', 0, 0, '[]', {w.now}) ON CONFLICT (name) DO NOTHING"
        ),
        {"name": name},
    )
    return _read(connection, "WHERE name = :name", name=name)[0]


def find(connection: Connection, name: str) -> SourceState | None:
    """Return where the source stands, None when it is new."""
    return next(iter(_read(connection, "WHERE name = :name", name=name)), None)


def listed(connection: Connection) -> list[SourceState]:
    """Return all sources that were ever polled."""
    return _read(connection, "ORDER BY name")


def advance(
    connection: Connection, name: str, *, before: Mapping[str, Any], after: Mapping[str, Any], bad: Sequence[str]
) -> bool:
    """Move the cursor and note the rows set aside; False when somebody else has moved the cursor meanwhile."""
    w = words(connection)
    moved = connection.execute(
        statement(
            "UPDATE source SET cursor = :after, bad = bad + :bad, "
            f"changed_at = {w.now} WHERE name = :name AND cursor = :before"
        ),
        {"name": name, "before": _written(before), "after": _written(after), "bad": len(bad)},
    ).rowcount
    if moved == 1 and bad:
        last = connection.execute(statement("SELECT bad_last FROM source WHERE name = :name"), {"name": name})
        kept = [*json.loads(last.scalar_one()), *(message[:500] for message in bad)][-_KEPT:]
        connection.execute(
            statement("UPDATE source SET bad_last = :kept WHERE name = :name"),
            {"name": name, "kept": json.dumps(kept)},
        )
    return moved == 1


def succeed(connection: Connection, name: str) -> None:
    """Note that a poll went well, which closes the breaker."""
    connection.execute(
        statement(
            f"UPDATE source SET failures = 0, open_until = NULL, last_ok = {words(connection).now}, last_error = NULL "
            "WHERE name = :name"
        ),
        {"name": name},
    )


def fail(connection: Connection, name: str, error: str, *, after: float | None = None) -> None:
    """Note that a poll failed; the source is left alone for `after` seconds, or for longer as failures add up."""
    w = words(connection)
    failures = connection.execute(
        statement(
            "UPDATE source SET failures = failures + 1, last_error = :error WHERE name = :name RETURNING failures"
        ),
        {"name": name, "error": clean(error)[:2000]},
    ).scalar_one()
    pause = 0.0 if failures < FAILURES else min(PAUSE * 2.0 ** min(failures - FAILURES, 10), LONGEST_PAUSE)
    wait = max(pause, after or 0.0)
    if wait > 0:
        connection.execute(
            statement(f"UPDATE source SET open_until = {w.after(':wait')} WHERE name = :name"),
            {"name": name, "wait": wait},
        )


def refuse(connection: Connection, name: str, reason: str) -> None:
    """Stop polling this source until a person acts."""
    connection.execute(
        statement("UPDATE source SET refused = :reason, last_error = :reason WHERE name = :name"),
        {"name": name, "reason": clean(reason)[:2000]},
    )


def allow(connection: Connection, name: str) -> bool:
    """Poll this source again, whatever it said before; False when there is no such source."""
    return (
        connection.execute(
            statement("UPDATE source SET refused = NULL, failures = 0, open_until = NULL WHERE name = :name"),
            {"name": name},
        ).rowcount
        == 1
    )


def retire(connection: Connection, names: Sequence[str]) -> None:
    """Leave these sources alone: their faults are nobody's business any more, their places are kept where there are."""
    rows = {"rows": as_rows([{"name": name} for name in names])}
    these = f"name IN (SELECT r.name FROM {words(connection).rows(name='text')})"
    connection.execute(statement(f"DELETE FROM source WHERE last_ok IS NULL AND cursor = '{{}}' AND {these}"), rows)
    connection.execute(
        statement(
            f"UPDATE source SET refused = NULL, failures = 0, open_until = NULL, last_error = NULL WHERE {these}"
        ),
        rows,
    )


def _read(connection: Connection, where: str, **values: str) -> list[SourceState]:
    w = words(connection)
    fields = _FIELDS.replace("open_until", f"CASE WHEN open_until > {w.now} THEN open_until END")
    found = connection.execute(statement(f"SELECT {fields} FROM source {where}"), values)
    return [
        SourceState(
            name, json.loads(cursor), failures, _moment(until), refused, _moment(ok), error, bad, json.loads(bad_last)
        )
        for name, cursor, failures, until, refused, ok, error, bad, bad_last in found
    ]


def _moment(value: str | datetime | None) -> datetime | None:
    return None if value is None else moments.read(value)


def _written(cursor: Mapping[str, Any]) -> str:
    return json.dumps(dict(cursor), sort_keys=True, separators=(",", ":"))
