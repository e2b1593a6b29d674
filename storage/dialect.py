"""The few places where SQLite and Postgres differ: the clock, sets of rows as a parameter, locks that skip."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, TextClause, text

from metier.json_text import as_json

_LINE = "chr(10)"
_TOGETHER = 32
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
        """Return a FROM item `r` whose columns are the parameters of `as_columns`, or on SQLite the cells of a row."""
        if self.name != "postgresql":
            return f"(SELECT {', '.join(f'? AS {name}' for name in columns)}) AS r"
        parts = [
            f"string_to_table(:{name}, {_LINE})" if kind == "line" else f"unnest(CAST(:{name} AS {kind}[]))"
            for name, kind in columns.items()
        ]
        return f"ROWS FROM ({', '.join(parts)}) AS r({', '.join(columns)})"

    def set_of(self, **columns: str) -> str:
        """Return a FROM item `r` of rows whose parameters `as_set` makes: arrays on Postgres, else one JSON."""
        return self.columns(**columns) if self.name == "postgresql" else self.rows(**columns)

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


def as_columns(kinds: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> dict[str, str]:  # Any: cells of a column
    """Return the parameters of `Words.columns`; a kind is a type of Postgres, or `line`: text in one line."""
    return {name: _side(kind, cells) for (name, kind), cells in zip(kinds.items(), columns, strict=True)}


def spread(kinds: Mapping[str, str], columns: Sequence[Sequence[Any]]) -> tuple[str, dict[str, Any]]:  # Any: cells
    """Return for Postgres a FROM item `r` of these columns and its parameters; a column of one value is sent once.

    Functions among what is selected give a row at a time; those after FROM write down all of theirs first.
    """
    first, *others = zip(kinds, kinds.values(), columns, strict=True)
    same = {name: kind for name, kind, cells in others if kind != "line" and cells.count(cells[0]) == len(cells)}
    varied = {name: kind for name, kind in kinds.items() if name not in same}
    values: dict[str, Any] = as_columns(varied, [cells for name, _, cells in (first, *others) if name in varied])
    values |= {name: bool(cells[0]) if kind == "boolean" else cells[0] for name, kind, cells in others if name in same}
    parts = [
        f"unnest(string_to_array(:{name}, {_LINE}))" if kind == "line" else f"unnest(CAST(:{name} AS {kind}[]))"
        for name, kind in varied.items()
    ]
    named = [f"{part} AS {name}" for part, name in zip(parts, varied, strict=True)]
    named += [f"CAST(:{name} AS {kind}) AS {name}" for name, kind in same.items()]
    return f"(SELECT {', '.join(named)}) AS r", values


def as_set(
    connection: Connection,
    kinds: Mapping[str, str],
    columns: Sequence[Sequence[Any]],  # Any: cells of a column
) -> dict[str, str]:
    """Return the parameters of `Words.set_of`."""
    if connection.dialect.name == "postgresql":
        return as_columns(kinds, columns)
    return {"rows": as_rows([dict(zip(kinds, cells, strict=True)) for cells in zip(*columns, strict=True)])}


def put(
    connection: Connection, sql: str, kinds: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> None:  # Any: cells
    """Run an INSERT over rows, its FROM item made by `Words.columns`."""
    if not rows:
        return
    if words(connection).name == "postgresql":
        connection.execute(statement(sql), as_columns(kinds, list(zip(*rows, strict=True))))
    else:
        connection.exec_driver_sql(sql, list(rows))  # an executemany: nothing is quicker there


def pour(
    connection: Connection,
    into: str,
    row: str,
    rows: Sequence[tuple[Any, ...]],  # Any: cells
    *,
    once: str = "",
) -> int:
    """Insert rows on SQLite, the cells of each in the places of `row`; return how many were written.

    Many rows a statement take it two thirds of the time that one each takes.
    """
    written = 0
    whole = len(rows) // _TOGETHER * _TOGETHER
    for some, together in ((rows[:whole], _TOGETHER), (rows[whole:], 1)):
        if some:
            cells = [tuple(chain.from_iterable(some[n : n + together])) for n in range(0, len(some), together)]
            values = ", ".join([f"({row})"] * together)
            written += connection.exec_driver_sql(f"{into} VALUES {values} {once}", cells).rowcount
    return written


def moment(connection: Connection) -> str:
    """Return SQLite's clock, asked once for many rows."""
    return str(connection.exec_driver_sql(f"SELECT {words(connection).now}").scalar_one())


def _side(kind: str, values: Sequence[Any]) -> str:  # Any: cells of one column
    """Write one column as Postgres reads it: JSON by the line, all else as an array."""
    if kind == "line":
        return "\n".join(values)
    if kind == "timestamptz":
        return f"{{{','.join(map(_quoted, values))}}}"
    if kind != "text":
        return f"{{{','.join(map(str, values))}}}"
    whole = '","'.join(values)
    if "\\" in whole or whole.count('"') > 2 * (len(values) - 1):
        whole = '","'.join([value.replace("\\", "\\\\").replace('"', '\\"') for value in values])
    return f'{{"{whole}"}}'


def _quoted(value: str | None) -> str:
    return "NULL" if value is None else f'"{value}"'


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
