"""How much there is to do, asked so often that it must cost nothing: only indexes of open jobs are read."""

from sqlalchemy import Connection

from storage.dialect import statement


def open_jobs(connection: Connection, *, most: int) -> int:
    """Return how many jobs are ready or leased, counting each kind no further than `most`."""
    return sum(_counted(connection, column, most) for column in ("run_at", "lease_until"))


def _counted(connection: Connection, column: str, most: int) -> int:
    found = connection.execute(
        statement(f"SELECT count(*) FROM (SELECT 1 FROM job WHERE {column} IS NOT NULL LIMIT :most) AS open"),
        {"most": most},
    )
    return int(found.scalar_one())
