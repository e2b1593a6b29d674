"""Periodic jobs: what is to run when (schedules), and who runs it now (slots), however many schedulers there are.

A slot is taken by one scheduler for the length of a lease, which it renews. Of a slot whose taker died the lease runs
out, and whoever comes next takes it over. Nothing is decided here about when a slot is due.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from storage import moments
from storage.dialect import as_rows, clean, statement, words

EVERY = "every "
"""How a schedule without a calendar begins: `every 300s`, `every 5m`."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """One periodic job: what kind of work, how often, and with what."""

    name: str
    kind: str
    cron: str
    params: Mapping[str, Any] = field(default_factory=dict)  # any JSON: each kind reads its own


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an enabled schedule stands: the newest slot that needs nobody any more, and whether one is being run."""

    schedule: Schedule
    last: datetime | None
    busy: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """One firing of one schedule as it is written down; `outcome` is empty while it runs."""

    schedule: str
    slot: datetime
    owner: str
    outcome: str
    note: str


def seed(connection: Connection, schedules: Sequence[Schedule]) -> None:
    """Write schedules that are not there yet; what a person changed in the table stays.

    One by the calendar first fires at its next time, for which the moment of its arrival is noted as a slot.
    """
    if not schedules:
        return
    w = words(connection)
    rows = [
        {"name": s.name, "kind": s.kind, "cron": s.cron, "params": json.dumps(dict(s.params), sort_keys=True)}
        for s in schedules
    ]
    added = connection.execute(
        statement(
            "INSERT INTO schedule (name, kind, cron, params, enabled) SELECT r.name, r.kind, r.cron, r.params, true "
            f"FROM {w.rows(name='text', kind='text', cron='text', params='text')} WHERE true "
            "ON CONFLICT (name) DO NOTHING RETURNING name, cron"
        ),
        {"rows": as_rows(rows)},
    ).all()
    for name, cron in added:
        if not cron.startswith(EVERY):
            connection.execute(
                statement(
                    "INSERT INTO slot (schedule, slot, owner, taken_at, ended_at, outcome, note) "
                    f"VALUES (:name, {w.now}, '', {w.now}, {w.now}, 'added', '') ON CONFLICT DO NOTHING"
                ),
                {"name": name},
            )


def follow(connection: Connection, schedules: Sequence[Schedule]) -> None:
    """Let schedules fire as often as is said here: where a file says how often, it goes before the table."""
    connection.execute(
        statement(
            f"UPDATE schedule SET cron = r.cron FROM {words(connection).rows(name='text', cron='text')} "
            "WHERE schedule.name = r.name AND schedule.cron <> r.cron"
        ),
        {"rows": as_rows([{"name": one.name, "cron": one.cron} for one in schedules])},
    )


def retire(connection: Connection, prefixes: Sequence[str], *, keep: Sequence[str]) -> list[str]:
    """Delete the schedules whose names begin so and are not among these, with their slots; return their names."""
    w = words(connection)
    there = connection.execute(statement("SELECT name FROM schedule")).scalars()
    gone = [{"name": name} for name in there if name.startswith(tuple(prefixes)) and name not in set(keep)]
    if gone:
        for table, column in (("slot", "schedule"), ("schedule", "name")):
            connection.execute(
                statement(f"DELETE FROM {table} WHERE {column} IN (SELECT r.name FROM {w.rows(name='text')})"),
                {"rows": as_rows(gone)},
            )
    return [row["name"] for row in gone]


def standings(connection: Connection) -> tuple[datetime, list[Standing]]:
    """Return the database's clock and where each enabled schedule stands; slots in the future do not count."""
    w = words(connection)
    now = connection.execute(statement(f"SELECT {w.now}")).scalar_one()
    found = connection.execute(
        statement(
            "SELECT s.name, s.kind, s.cron, s.params, (SELECT MAX(t.slot) FROM slot t WHERE t.schedule = s.name "
            f"AND t.slot <= {w.now} AND (t.ended_at IS NOT NULL OR t.lease_until >= {w.now})) AS last, "
            # a slot in hand is among the newest; `take` looks at all of them
            "EXISTS (SELECT 1 FROM (SELECT ended_at, lease_until FROM slot t WHERE t.schedule = s.name "
            f"ORDER BY t.slot DESC LIMIT 8) n WHERE n.ended_at IS NULL AND n.lease_until >= {w.now}) AS busy "
            "FROM schedule s WHERE s.enabled ORDER BY s.name"
        )
    )
    return moments.read(now), [
        Standing(
            Schedule(name, kind, cron, json.loads(params)), None if last is None else moments.read(last), bool(busy)
        )
        for name, kind, cron, params, last, busy in found
    ]


def take(connection: Connection, schedule: str, slot: datetime, *, owner: str, lease: float) -> bool:
    """Take a slot, or take it over when its lease ran out; one slot of a schedule is in hand at a time."""
    w = words(connection)
    values = {"schedule": schedule, "slot": moments.write(slot), "owner": owner, "lease": lease}
    at = moments.typed(w, ":slot")
    connection.execute(  # schedulers that come at the same moment go one after the other
        statement(f"SELECT 1 FROM schedule WHERE name = :schedule {w.lock}"), {"schedule": schedule}
    )
    taken = connection.execute(
        statement(
            "INSERT INTO slot (schedule, slot, owner, taken_at, lease_until, outcome, note) "
            f"SELECT CAST(:schedule AS text), {at}, CAST(:owner AS text), {w.now}, {w.after(':lease')}, '', '' "
            f"WHERE NOT EXISTS (SELECT 1 FROM slot o WHERE o.schedule = :schedule AND o.slot <> {at} "
            f"AND o.ended_at IS NULL AND o.lease_until >= {w.now}) "
            "ON CONFLICT (schedule, slot) DO UPDATE SET owner = excluded.owner, taken_at = excluded.taken_at, "
            "lease_until = excluded.lease_until "
            f"WHERE slot.ended_at IS NULL AND slot.lease_until < {w.now}"
        ),
        values,
    ).rowcount
    if taken == 1:  # what was left behind is not run on its own: the new firing does its work
        connection.execute(
            statement(
                f"UPDATE slot SET ended_at = {w.now}, lease_until = NULL, outcome = 'abandoned', "
                f"note = 'its scheduler died' WHERE schedule = :schedule AND slot <> {at} AND ended_at IS NULL"
            ),
            {"schedule": schedule, "slot": values["slot"]},
        )
        _thin_out(connection, schedule)
    return taken == 1


def _thin_out(connection: Connection, schedule: str) -> None:
    """Delete the uneventful slots of more than an hour ago: a schedule of every few seconds writes thousands a day."""
    w = words(connection)
    connection.execute(
        statement(
            "DELETE FROM slot WHERE schedule = :schedule AND outcome IN ('done', 'skipped') "
            f"AND ended_at < {w.after('-3600')}"
        ),
        {"schedule": schedule},
    )


def renew(connection: Connection, schedule: str, slot: datetime, *, owner: str, lease: float) -> bool:
    """Lengthen the lease and lock the slot until this transaction ends; False when it is no longer ours."""
    w = words(connection)
    return _ours(connection, f"lease_until = {w.after(':lease')}", _named(schedule, slot, owner) | {"lease": lease})


def finish(connection: Connection, schedule: str, slot: datetime, *, owner: str, outcome: str, note: str = "") -> bool:
    """End a slot with what came of it; False when it is no longer ours."""
    w = words(connection)
    sets = f"ended_at = {w.now}, lease_until = NULL, outcome = :outcome, note = :note"
    return _ours(connection, sets, _named(schedule, slot, owner) | {"outcome": outcome, "note": clean(note)[:2000]})


def release(connection: Connection, schedule: str, slot: datetime, *, owner: str) -> bool:
    """Give a slot back unfinished, as at a clean stop: it is due again at once."""
    return (
        connection.execute(
            statement(
                "DELETE FROM slot WHERE schedule = :schedule AND slot = :slot AND owner = :owner AND ended_at IS NULL"
            ),
            _named(schedule, slot, owner),
        ).rowcount
        == 1
    )


def slots(connection: Connection, schedule: str, *, most: int = 20) -> list[Slot]:
    """Return the newest slots of a schedule, the newest first."""
    found = connection.execute(
        statement(
            "SELECT schedule, slot, owner, outcome, note FROM slot WHERE schedule = :schedule "
            "ORDER BY slot DESC LIMIT :most"
        ),
        {"schedule": schedule, "most": most},
    )
    return [Slot(name, moments.read(slot), owner, outcome, note) for name, slot, owner, outcome, note in found]


def forget(connection: Connection, *, keep: float, most: int = 10_000) -> int:
    """Delete slots that ended more than `keep` seconds ago; the newest of a schedule stays, it says what was last."""
    w = words(connection)
    return connection.execute(
        statement(
            f"DELETE FROM slot WHERE (schedule, slot) IN (SELECT o.schedule, o.slot FROM slot o "
            f"WHERE o.ended_at < {w.after(':age')} AND EXISTS (SELECT 1 FROM slot n WHERE n.schedule = o.schedule "
            f"AND n.slot > o.slot AND n.slot <= {w.now} AND n.ended_at IS NOT NULL) LIMIT :most)"
        ),
        {"age": -keep, "most": most},
    ).rowcount


def _named(schedule: str, slot: datetime, owner: str) -> dict[str, str | float]:
    return {"schedule": schedule, "slot": moments.write(slot), "owner": owner}


def _ours(connection: Connection, sets: str, values: Mapping[str, str | float]) -> bool:
    where = "schedule = :schedule AND slot = :slot AND owner = :owner AND ended_at IS NULL"
    return connection.execute(statement(f"UPDATE slot SET {sets} WHERE {where}"), values).rowcount == 1
