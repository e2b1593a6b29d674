"""Postings with their tags, as people read them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.types import Kind
from storage.dialect import as_ids, statement, words


@dataclass(frozen=True, slots=True)
class Answer:
    """The best tag of a posting in one taxonomy."""

    code: str
    score: float
    sure: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """A posting with its best tag in each taxonomy."""

    id: int
    ref: str
    kind: Kind
    title: str
    language: str
    tags: Mapping[str, Answer]


def pick(connection: Connection, *, each: int) -> list[Answered]:
    """Return the first so many tagged postings of each kind and language."""
    rows = connection.execute(
        statement(
            "SELECT id, source, source_key, kind, title, language FROM (SELECT p.*, ROW_NUMBER() OVER "
            "(PARTITION BY p.kind, p.language ORDER BY p.id) AS place FROM posting p WHERE EXISTS "
            "(SELECT 1 FROM tag t WHERE t.posting_id = p.id)) numbered WHERE place <= :each "
            "ORDER BY kind, language, id"
        ),
        {"each": each},
    ).all()
    tags = best(connection, [row.id for row in rows])
    return [
        Answered(id_, f"{source}:{key}", Kind(kind), title, language, tags.get(id_, {}))
        for id_, source, key, kind, title, language in rows
    ]


def best(connection: Connection, postings: Sequence[int]) -> dict[int, dict[str, Answer]]:
    """Return the best tag of these postings in each taxonomy."""
    rows = connection.execute(
        statement(
            f"SELECT posting_id, taxonomy, code, score, sure FROM tag WHERE posting_id {words(connection).among} "
            "ORDER BY posting_id, taxonomy, sure DESC, score DESC, code"
        ),
        {"ids": as_ids(postings)},
    )
    found: dict[int, dict[str, Answer]] = {}
    for posting, taxonomy, code, score, sure in rows:
        found.setdefault(posting, {}).setdefault(taxonomy, Answer(code, float(score), bool(sure)))
    return found


def spread(connection: Connection) -> dict[str, dict[str, int]]:
    """Return for each taxonomy how many postings have each code as a sure tag; this reads the whole table."""
    rows = connection.execute(
        statement(
            "SELECT taxonomy, code, count(*) AS n FROM tag WHERE sure GROUP BY taxonomy, code ORDER BY n DESC, code"
        )
    )
    found: dict[str, dict[str, int]] = {}
    for taxonomy, code, count in rows:
        found.setdefault(taxonomy, {})[code] = int(count)
    return found


def tagged(connection: Connection) -> int:
    """Return how many postings have a tag; this reads the whole table."""
    return int(connection.execute(statement("SELECT count(DISTINCT posting_id) FROM tag")).scalar_one())


def by_people(connection: Connection, postings: Sequence[int]) -> set[tuple[int, str]]:
    """Return in which taxonomies of these postings a person has spoken."""
    rows = connection.execute(
        statement(
            f"SELECT posting_id, taxonomy FROM tag WHERE posting_id {words(connection).among} AND origin = 'person'"
        ),
        {"ids": as_ids(postings)},
    )
    return {(posting, taxonomy) for posting, taxonomy in rows}
