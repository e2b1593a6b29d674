"""Insert rows of which hardly ever one is there already."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import IntegrityError

from storage.dialect import statement


def hopefully(
    connection: Connection, plain: str, values: Mapping[str, Any], *, careful: str
) -> CursorResult[*tuple[Any, ...]]:  # Any: cells and rows
    """Run a plain INSERT as if no row were there yet, and again with its ON CONFLICT clauses, `careful`, where one is.

    Postgres writes what may clash in two steps, which costs half as much again as writing it plainly.
    """
    if connection.dialect.name == "postgresql":
        try:
            with connection.begin_nested():  # a clash must not end the transaction around it
                return connection.execute(statement(plain), values)
        except IntegrityError:
            pass  # the statement below says what else may be wrong
    return connection.execute(statement(careful), values)
