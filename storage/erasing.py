"""Which postings an erasure reaches, and what hangs on them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.errors import Rejected
from metier.types import Text
from storage import outbox, postings
from storage.dialect import as_ids, as_rows, statement, words
from storage.refs import possible


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows an erasure takes away; `events` stay in the outbox without their content."""

    postings: int = 0
    tags: int = 0
    history: int = 0
    shadow: int = 0
    examples: int = 0
    events: int = 0
    fields: int = 0
    signatures: int = 0

    def __add__(self, other: "Erased") -> "Erased":
        return Erased(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def of_refs(connection: Connection, refs: Sequence[str]) -> list[int]:
    """Return the ids of these postings; raise Rejected for one that is not there."""
    pairs = [pair for ref in refs for pair in possible(ref)]
    w = words(connection)
    found = {
        f"{source}:{key}": int(id_)
        for id_, source, key in connection.execute(
            statement(
                "SELECT p.id, p.source, p.source_key FROM posting p JOIN "
                f"{w.rows(source='text', source_key='text')} ON p.source = r.source AND p.source_key = r.source_key"
            ),
            {"rows": as_rows([{"source": source, "source_key": key} for source, key in pairs])},
        )
    }
    found = {ref: found[ref] for ref in refs if ref in found}
    missing = [ref for ref in refs if ref not in found]
    if missing:
        raise Rejected(f"there is no posting {missing[0]}; nothing was erased")
    return sorted(found.values())


def of_source(connection: Connection, source: str, *, most: int, after: int = 0) -> list[int]:
    """Return the ids of postings of a source, in order."""
    return list(
        connection.execute(
            statement("SELECT id FROM posting WHERE source = :source AND id > :after ORDER BY id LIMIT :most"),
            {"source": source, "after": after, "most": most},
        ).scalars()
    )


def texts(connection: Connection, ids: Sequence[int]) -> list[Text]:
    """Return what taggers read of these postings, so that caches can forget it."""
    found = connection.execute(
        statement(f"SELECT title, body, language, company FROM posting WHERE id {words(connection).among}"),
        {"ids": as_ids(sorted(ids))},
    )
    return [Text(title, body, language, company) for title, body, language, company in found]


def count(connection: Connection, ids: Sequence[int]) -> Erased:
    """Return what hangs on these postings."""
    w = words(connection)
    values = {"ids": as_ids(sorted(ids))}
    tables = ("tag", "tag_history", "shadow_tag", "example", "outbox", "fields", "signature")
    found = [
        int(
            connection.execute(
                statement(f"SELECT count(*) FROM {table} WHERE posting_id {w.among}"), values
            ).scalar_one()
        )
        for table in tables
    ]
    here = connection.execute(statement(f"SELECT count(*) FROM posting WHERE id {w.among}"), values).scalar_one()
    return Erased(int(here), *found)


def erase(connection: Connection, ids: Sequence[int]) -> Erased:
    """Erase these postings with all that hangs on them, and tell the readers of the outbox."""
    gone = count(connection, ids)
    outbox.announce_erased(connection, ids)
    postings.erase(connection, ids)
    connection.execute(  # what was said of a finished job may name the posting
        statement(f"UPDATE job SET error = NULL WHERE task = 'tag' AND subject {words(connection).among}"),
        {"ids": as_ids(sorted(ids))},
    )
    return gone
