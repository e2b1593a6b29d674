"""Labelled texts: brought in, counted, compared. What a person corrects is in `reviews`.

The text's hash decides for ever whether a reviewed example trains or measures; gold only measures, pseudo and source
only train.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from metier.types import Example, Origin
from storage import moments
from storage.dialect import as_rows, statement, words

TRAIN, HOLDOUT, GOLD = "train", "holdout", "gold"
ORIGINS = (Origin.GOLD, Origin.REVIEWED, Origin.PSEUDO, Origin.SOURCE)

_TRAINS_OF_TEN = 7


@dataclass(frozen=True, slots=True)
class Kept:
    """An example as the database keeps it; `key` is the hash of its normalised text."""

    key: str
    example: Example
    split: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """A text that has several codes in one taxonomy, and who says each: (code, origin)."""

    taxonomy: str
    text: str
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Count:
    """How many examples of one taxonomy, origin, split and code there are."""

    taxonomy: str
    origin: str
    split: str
    code: str
    count: int


def split_of(origin: Origin, key: str) -> str:
    """Return what an example is for."""
    if origin is Origin.GOLD:
        return GOLD
    if origin is Origin.REVIEWED and int(key[:15], 16) % 10 >= _TRAINS_OF_TEN:
        return HOLDOUT
    return TRAIN


def add(connection: Connection, examples: Sequence[tuple[str, Example]], *, by: str = "") -> int:
    """Keep these (key, example) that are not there yet; return how many that were."""
    w = words(connection)
    rows = [
        {
            "text_sha": key, "text": e.text, "taxonomy": e.taxonomy, "code": e.code, "origin": e.origin.value,
            "split": split_of(e.origin, key), "language": e.language,
        }
        for key, e in examples
    ]  # fmt: skip
    columns = "text_sha, text, taxonomy, code, origin, split, language"
    source = w.rows(**dict.fromkeys(columns.split(", "), "text"))
    return connection.execute(
        statement(
            f"INSERT INTO example ({columns}, made_by, made_at) SELECT {columns}, :by, {w.now} FROM {source} "
            "WHERE true ON CONFLICT (text_sha, taxonomy, code, origin) DO NOTHING"
        ),
        {"rows": as_rows(rows), "by": by},
    ).rowcount


def all_of(connection: Connection, taxonomy: str, *, splits: Collection[str] = (TRAIN, HOLDOUT, GOLD)) -> list[Kept]:
    """Return the examples of a taxonomy, in an order that hangs on nothing but themselves."""
    found = connection.execute(
        statement(
            "SELECT text_sha, text, code, origin, split, language, made_by, made_at FROM example "
            "WHERE taxonomy = :taxonomy ORDER BY text_sha, origin, code"
        ),
        {"taxonomy": taxonomy},
    )
    return [
        Kept(key, Example(text, taxonomy, code, Origin(origin), language), split, made_by, moments.read(made_at))
        for key, text, code, origin, split, language, made_by, made_at in found
        if split in splits
    ]


def counts(connection: Connection) -> list[Count]:
    """Return how many there are, by taxonomy, origin, split and code."""
    found = connection.execute(
        statement(
            "SELECT taxonomy, origin, split, code, count(*) FROM example "
            "GROUP BY taxonomy, origin, split, code ORDER BY taxonomy, origin, split, code"
        )
    )
    return [Count(taxonomy, origin, split, code, int(count)) for taxonomy, origin, split, code, count in found]


def conflicts(connection: Connection, *, among: Collection[str] | None = None) -> list[Conflict]:
    """Return the texts (of these keys, or of all) that have several codes in one taxonomy."""
    w = words(connection)
    limited = "" if among is None else f"AND a.text_sha IN (SELECT r.key FROM {w.rows(key='text')}) "
    found = connection.execute(
        statement(
            "SELECT a.taxonomy, a.text_sha, a.text, a.code, a.origin FROM example a WHERE EXISTS (SELECT 1 FROM "
            "example b WHERE b.text_sha = a.text_sha AND b.taxonomy = a.taxonomy AND b.code <> a.code) "
            f"{limited}ORDER BY a.taxonomy, a.text_sha, a.origin, a.code"
        ),
        {} if among is None else {"rows": as_rows([{"key": key} for key in sorted(among)])},
    )
    said: dict[tuple[str, str], list[tuple[str, str]]] = {}
    texts: dict[tuple[str, str], str] = {}
    for taxonomy, key, text, code, origin in found:
        texts.setdefault((taxonomy, key), text)
        said.setdefault((taxonomy, key), []).append((code, origin))
    return [Conflict(taxonomy, texts[taxonomy, key], tuple(pairs)) for (taxonomy, key), pairs in said.items()]


def erase(connection: Connection, keys: Collection[str]) -> int:
    """Delete the examples of these texts, whoever brought them, and what open runs were given of them."""
    w = words(connection)
    rows = {"rows": as_rows([{"key": key} for key in sorted(keys)])}
    named = f"text_sha IN (SELECT r.key FROM {w.rows(key='text')})"
    connection.execute(statement(f"DELETE FROM run_example WHERE code <> '' AND {named}"), rows)
    return connection.execute(statement(f"DELETE FROM example WHERE {named}"), rows).rowcount


def fingerprint(connection: Connection, taxonomy: str) -> tuple[str, int]:
    """Return a digest of all examples that may train, and how many they are: the same again is nothing new."""
    found = connection.execute(
        statement(
            "SELECT text_sha, code, origin FROM example WHERE taxonomy = :taxonomy AND split = 'train' "
            "ORDER BY text_sha, origin, code"
        ),
        {"taxonomy": taxonomy},
    ).all()
    whole = "\n".join(" ".join(row) for row in found)
    return hashlib.sha256(whole.encode()).hexdigest(), len(found)


def taxonomies(connection: Connection) -> list[str]:
    """Return the taxonomies that have examples."""
    return list(connection.execute(statement("SELECT DISTINCT taxonomy FROM example ORDER BY taxonomy")).scalars())
