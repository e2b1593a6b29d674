"""Insert rows of which hardly ever one is there already."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, CursorResult
from sqlalchemy.exc import IntegrityError

from storage.dialect import statement


def hopefully(
    connection: Connection, insert: str, values: Mapping[str, Any], *, clash: str, returning: str = ""
) -> CursorResult[*tuple[Any, ...]]:  # Any: cells and rows
    """Run an INSERT as if no row were there yet, and again with the ON CONFLICT clause `clash` where one is.

    Postgres writes what may clash in two steps, which costs half as much again as writing it plainly.
    """
    ending = f" RETURNING {returning}" if returning else ""
    if connection.dialect.name == "postgresql":
        try:
            with connection.begin_nested():  # a clash must not end the transaction around it
                return connection.execute(statement(insert + ending), values)
        except IntegrityError:
            pass  # the statement below says what else may be wrong
    return connection.execute(statement(f"{insert} {clash}{ending}"), values)
