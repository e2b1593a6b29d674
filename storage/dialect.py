"""The few places where SQLite and Postgres differ: the clock, sets of rows as a parameter, locks that skip."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, TextClause, text


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


as_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode
"""Write JSON; made once, since making an encoder costs more than writing a small value."""

_FORMAT = "%Y-%m-%d %H:%M:%f000"


class Words:
    """What to write into a statement for one dialect."""

    __slots__ = ("lock", "lock_skip", "name", "now")

    def __init__(self, name: str) -> None:
        postgres = name == "postgresql"
        self.name = name
        self.now = "now()" if postgres else f"strftime('{_FORMAT}', 'now')"
        self.lock = "FOR UPDATE" if postgres else ""
        self.lock_skip = "FOR UPDATE SKIP LOCKED" if postgres else ""

    def after(self, seconds: str) -> str:
        """Return the database's clock moved by this many seconds (a parameter or column, may be negative)."""
        if self.name == "postgresql":
            return f"now() + make_interval(secs => {seconds})"
        return f"strftime('{_FORMAT}', 'now', {seconds} || ' seconds')"

    def rows(self, **columns: str) -> str:
        """Return a FROM item `r` that holds the JSON parameter `:rows`, one row an object."""
        if self.name == "postgresql":
            fields = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            return f"json_to_recordset(CAST(:rows AS json)) AS r({fields})"
        fields = ", ".join(f"value ->> '{name}' AS {name}" for name in columns)
        return f"(SELECT {fields} FROM json_each(:rows)) AS r"

    @property
    def among(self) -> str:
        """Return "is one of the numbers in the JSON parameter `:ids`", in a form that both planners answer by index."""
        if self.name == "postgresql":
            return "= ANY(CAST(translate(:ids, '[]', '{}') AS bigint[]))"
        return "IN (SELECT value FROM json_each(:ids))"

    def in_selected(self, query: str) -> str:
        """Return "is one of what this query selects", the query run once and first."""
        return f"= ANY(ARRAY({query}))" if self.name == "postgresql" else f"IN ({query})"


@cache
def _words(name: str) -> Words:
    return Words(name)


def words(connection: Connection) -> Words:
    """Return the words of this connection's dialect."""
    return _words(connection.dialect.name)


def as_rows(rows: Sequence[Mapping[str, Any]]) -> str:  # Any: whatever JSON can hold
    """Return the value of `:rows`."""
    return as_json(rows)


def as_ids(ids: Sequence[int]) -> str:
    """Return the value of `:ids`."""
    return as_json(list(ids))


@cache
def statement(sql: str) -> TextClause:
    """Parse a statement once a process."""
    return text(sql)
