"""Of the runs of one kind about one taxonomy one is executed at a time; the others wait, and so does who would add one.

Whoever looks and then writes holds the lock until its transaction ends, so that of two at the same moment one sees the
other. A run whose lease ran out keeps nobody waiting.
"""

from sqlalchemy import Connection

from storage import runs
from storage.dialect import statement, words
from storage.runs import Run

_LOCK = 7_303_060


def lock(connection: Connection) -> None:
    """Keep others from queueing and taking runs until this transaction ends; on SQLite writing does that already."""
    if connection.dialect.name == "postgresql":
        connection.execute(statement("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def waiting(connection: Connection, kind: str, taxonomy: object) -> list[Run]:
    """Return the runs about this taxonomy that nobody executes, the oldest first, without those given files.

    One that is executed has read its examples already, and whoever asks now may have brought more.
    """
    free = f"(j.state = 'ready' OR j.state = 'leased' AND j.lease_until < {words(connection).now})"
    given = "EXISTS (SELECT 1 FROM run_example e WHERE e.run_id = j.subject)"
    return _those(connection, kind, taxonomy, f"{free} AND NOT {given}")


def beside(connection: Connection, job: int, *, kind: str) -> Run | None:
    """Return the run about the same taxonomy that another process executes now."""
    number = connection.execute(
        statement("SELECT subject FROM job WHERE id = :job AND task = :kind"), {"job": job, "kind": kind}
    ).scalar()
    run = None if number is None else runs.get(connection, number)
    if run is None or not run.params.get("taxonomy"):
        return None
    where = f"j.state = 'leased' AND j.lease_until >= {words(connection).now}"
    found = _those(connection, kind, run.params["taxonomy"], where)
    return next((other for other in found if other.id != run.id), None)


def _those(connection: Connection, kind: str, taxonomy: object, where: str) -> list[Run]:
    numbers = connection.execute(
        statement(f"SELECT j.subject FROM job j WHERE j.task = :kind AND {where} ORDER BY j.subject"), {"kind": kind}
    ).scalars()
    found = [runs.get(connection, number) for number in list(numbers)]
    return [run for run in found if run is not None and run.params.get("taxonomy") == taxonomy]
