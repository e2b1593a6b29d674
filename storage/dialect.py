"""The few places where SQLite and Postgres differ: the clock, sets of rows as a parameter, locks that skip."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from pydantic_core import PydanticSerializationError, to_json
from sqlalchemy import Connection, TextClause, text


def as_json(value: object) -> str:
    """Write JSON."""
    try:
        return to_json(value, fallback=_plain).decode()  # several times as fast as the standard library
    except PydanticSerializationError:  # a lone surrogate, which the standard library writes as it is
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


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

    def columns(self, **columns: str) -> str:
        """Return a FROM item `r` for `put`: one parameter a column on Postgres, one a cell on SQLite."""
        if self.name != "postgresql":
            return f"(SELECT {', '.join(f'? AS {name}' for name in columns)}) AS r"
        arrays = ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items() if kind != "json")
        lists = "".join(
            f", json_array_elements(CAST(:{name} AS json))" for name, kind in columns.items() if kind == "json"
        )
        names = ", ".join(sorted(columns, key=lambda name: columns[name] == "json"))
        cells = ", ".join(f"CAST({name} AS text)" if kind == "json" else name for name, kind in columns.items())
        return f"(SELECT {cells} FROM ROWS FROM (unnest({arrays}){lists}) AS x({names})) AS r({', '.join(columns)})"

    @property
    def among(self) -> str:
        """Return "is one of the numbers in the parameter `:ids`", in a form that both planners answer by index."""
        if self.name == "postgresql":
            # a plain cast: of any other expression the planner would not know how many numbers it holds
            return "= ANY(CAST(:ids AS bigint[]))"
        return "IN (SELECT value FROM json_each('[' || trim(:ids, '{}') || ']'))"

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


def put(connection: Connection, sql: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
    """Run an INSERT over rows, its FROM item made by `columns`; nothing is quicker on either database.

    A column's kind is a type of Postgres, or json for any value that is to be kept as JSON.
    """
    if not rows:
        return
    if connection.dialect.name != "postgresql":
        kinds = [kind == "json" for kind in columns.values()]
        connection.exec_driver_sql(
            sql,
            [tuple([as_json(cell) if kept else cell for cell, kept in zip(row, kinds, strict=True)]) for row in rows],
        )
        return
    sides = zip(columns.items(), zip(*rows, strict=True), strict=True)
    connection.execute(statement(sql), {name: _side(kind, side) for (name, kind), side in sides})


def _side(kind: str, values: Sequence[Any]) -> str:  # Any: cells of one column
    """Write one column as Postgres reads an array."""
    if kind == "json":
        return as_json(values)
    if kind != "text":
        return f"{{{','.join(map(str, values))}}}"
    whole = '","'.join(values)
    if "\\" in whole or whole.count('"') > 2 * (len(values) - 1):
        whole = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{whole}"}}'


def as_ids(ids: Sequence[int]) -> str:
    """Return the value of `:ids`."""
    return f"{{{','.join(map(str, ids))}}}"


@cache
def statement(sql: str) -> TextClause:
    """Parse a statement once a process."""
    return text(sql)


def clean(text: str) -> str:
    """Return text that every database stores: without NUL, lone surrogates replaced."""
    if text.isascii():
        return text.replace("\x00", "")
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
