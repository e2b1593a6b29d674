"""What a run was given of files: kept in SQL while the run is open, so that any host can execute it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.types import Example, Origin
from storage.dialect import as_rows, statement, words


@dataclass(frozen=True, slots=True)
class Given:
    """One row of a file: the hash of its text, the example, and where it stands."""

    key: str
    example: Example
    place: str


def keep(connection: Connection, run: int, given: Sequence[Given], *, never: Sequence[str]) -> None:
    """Keep these examples, and the hashes of texts that must not be trained on."""
    w = words(connection)
    rows = [
        {
            "number": number, "text_sha": one.key, "text": one.example.text, "code": one.example.code,
            "origin": one.example.origin.value, "language": one.example.language, "place": one.place,
        }
        for number, one in enumerate(given)
    ]  # fmt: skip
    empty = {"text": "", "code": "", "origin": "", "language": "", "place": ""}
    rows += [{"number": len(given) + at, "text_sha": key, **empty} for at, key in enumerate(sorted(set(never)))]
    columns = ("text_sha", "text", "code", "origin", "language", "place")
    source = w.rows(number="int", **dict.fromkeys(columns, "text"))
    connection.execute(
        statement(
            f"INSERT INTO run_example (run_id, number, {', '.join(columns)}) "
            f"SELECT :run, number, {', '.join(columns)} FROM {source}"
        ),
        {"run": run, "rows": as_rows(rows)},
    )


def of(connection: Connection, run: int, taxonomy: str) -> tuple[list[Given], set[str]]:
    """Return what the run was given, and the hashes of texts that it must not be trained on."""
    found = connection.execute(
        statement(
            "SELECT text_sha, text, code, origin, language, place FROM run_example WHERE run_id = :run ORDER BY number"
        ),
        {"run": run},
    ).all()
    given = [
        Given(key, Example(text, taxonomy, code, Origin(origin), language), place)
        for key, text, code, origin, language, place in found
        if code
    ]
    return given, {row[0] for row in found if not row[2]}


def drop(connection: Connection, run: int) -> None:
    """Forget what a run was given: it has ended."""
    connection.execute(statement("DELETE FROM run_example WHERE run_id = :run"), {"run": run})
