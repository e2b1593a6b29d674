"""Who executes a run now: the lease and fence of its job. The clock is the database's.

Long work renews its lease as it goes, and whatever it writes it writes only while its fence stands (`hold`).
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from storage import run_turns
from storage.dialect import statement, words

_OURS = "id = :job AND fence = :fence AND state = 'leased'"


@dataclass(frozen=True, slots=True)
class Lease:
    """A job of a run that this process holds."""

    job: int
    run: int
    fence: int
    attempts: int


def claim(connection: Connection, job: int, *, task: str, owner: str, lease: float) -> Lease | None:
    """Take the job if it is due or its lease ran out, and no other run about its taxonomy is executed."""
    w = words(connection)
    run_turns.lock(connection)
    if run_turns.beside(connection, job, kind=task):
        return None
    found = connection.execute(
        statement(
            "UPDATE job SET state = 'leased', fence = fence + 1, attempts = attempts + 1, owner = :owner, "
            f"run_at = NULL, hinted_at = NULL, lease_until = {w.after(':lease')} WHERE id = :job AND task = :task AND "
            f"(state = 'ready' AND run_at <= {w.now} OR state = 'leased' AND lease_until < {w.now}) "
            "RETURNING id, subject, fence, attempts"
        ),
        {"job": job, "task": task, "owner": owner, "lease": lease},
    ).first()
    return None if found is None else Lease(*found)


def renew(connection: Connection, held: Lease, *, lease: float) -> bool:
    """Lengthen the lease; False when the job is no longer ours."""
    w = words(connection)
    return _update(connection, held, f"lease_until = {w.after(':lease')}", lease=lease)


def hold(connection: Connection, held: Lease) -> bool:
    """Lock the job until this transaction ends; False when it is no longer ours and nothing may be written."""
    return _update(connection, held, "hinted_at = NULL")


def complete(connection: Connection, held: Lease) -> bool:
    """End the job as done."""
    w = words(connection)
    return _update(
        connection, held,
        f"state = 'done', lease_until = NULL, owner = NULL, ended_at = {w.now}, cause = NULL, error = NULL",
    )  # fmt: skip


def completed(connection: Connection, held: Lease) -> bool:
    """Tell whether whoever held this lease has ended the job as done."""
    return bool(
        connection.execute(
            statement("SELECT 1 FROM job WHERE id = :job AND fence = :fence AND state = 'done'"),
            {"job": held.job, "fence": held.fence},
        ).scalar()
    )


def fail(connection: Connection, held: Lease, *, cause: str, error: str) -> bool:
    """Set the job aside: the same again would fail again."""
    w = words(connection)
    return _update(
        connection, held,
        f"state = 'dead', lease_until = NULL, owner = NULL, ended_at = {w.now}, dead_at = {w.now}, cause = :cause, "
        "error = :error",
        cause=cause, error=error[:2000],
    )  # fmt: skip


def again(connection: Connection, held: Lease, *, after: float, cause: str, error: str) -> bool:
    """Give the job back with its attempt spent, to be tried again in so many seconds."""
    w = words(connection)
    return _update(
        connection, held,
        f"state = 'ready', lease_until = NULL, owner = NULL, run_at = {w.after(':after')}, cause = :cause, "
        "error = :error",
        after=after, cause=cause, error=error[:2000],
    )  # fmt: skip


def release(connection: Connection, held: Lease) -> bool:
    """Give the job back untouched, attempt and lease, as at a clean stop."""
    w = words(connection)
    return _update(
        connection,
        held,
        f"state = 'ready', attempts = attempts - 1, lease_until = NULL, owner = NULL, run_at = {w.now}",
    )


def cancel(connection: Connection, held: Lease, *, reason: str) -> bool:
    """End the job because a person stopped it."""
    w = words(connection)
    return _update(
        connection, held, f"state = 'cancelled', lease_until = NULL, owner = NULL, ended_at = {w.now}, cause = :reason",
        reason=reason,
    )  # fmt: skip


def _update(connection: Connection, held: Lease, sets: str, **values: float | str) -> bool:
    return (
        connection.execute(
            statement(f"UPDATE job SET {sets} WHERE {_OURS}"), {"job": held.job, "fence": held.fence, **values}
        ).rowcount
        == 1
    )
