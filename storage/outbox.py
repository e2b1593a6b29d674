"""Events in the order in which readers see them, each exactly once.

Transactions commit out of the order of their ids, so an id is no cursor. The first reader numbers what is committed,
one reader at a time: a row that commits later gets a later number.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from metier.fields import Known
from metier.types import Kind
from storage import fields, filters, moments
from storage.dialect import as_ids, statement, words
from storage.filters import Filter

_LOCK = 7_303_015


@dataclass(frozen=True, slots=True)
class Change:
    """One event with its posting as it is now; of an erased posting only its number is left."""

    seq: int
    posting: int
    revision: int
    kind: str
    at: datetime
    payload: Mapping[str, Any]  # any JSON: by taxonomy the tags, each [code, score, sure]
    ref: str
    type: Kind | None
    source: str
    key: str
    title: str
    company: str
    location: str
    language: str
    url: str
    fields: Known
    cluster: int | None
    """The first posting that is about the same job, be it this one; None where it is not compared with others."""
    chosen: bool = field(default=True, kw_only=True)
    """Whether the posting passes the filter now."""


def number(connection: Connection, *, most: int = 20_000) -> int:
    """Number the events that have none yet, at most so many; return how many. Needs a writing transaction."""
    if connection.dialect.name == "postgresql":
        connection.execute(statement("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return connection.execute(
        statement(
            "UPDATE outbox SET seq = n.seq FROM (SELECT q.id, ROW_NUMBER() OVER (ORDER BY q.id) + "
            "COALESCE((SELECT MAX(seq) FROM outbox WHERE seq IS NOT NULL), 0) AS seq FROM "
            "(SELECT id FROM outbox WHERE seq IS NULL ORDER BY id LIMIT :most) q) n WHERE outbox.id = n.id"
        ),
        {"most": most},
    ).rowcount


def read(connection: Connection, since: int, most: int, *, wanted: Filter | None = None) -> list[Change]:
    """Return the numbered events after this number, in order; each says whether the filter chooses its posting."""
    found = connection.execute(
        statement(
            "SELECT o.seq, o.posting_id, o.revision, o.kind, o.at, o.payload, p.kind, p.source, p.source_key, "
            f"p.title, p.company, p.location, p.url, s.cluster_id, {fields.SHOWN} FROM outbox o "
            "LEFT JOIN posting p ON p.id = o.posting_id LEFT JOIN fields f ON f.posting_id = o.posting_id "
            "LEFT JOIN signature s ON s.posting_id = o.posting_id WHERE o.seq > :since ORDER BY o.seq LIMIT :most"
        ),
        {"since": since, "most": most},
    )
    changes = [_change(row) for row in found]
    if wanted is None or wanted == Filter():
        return changes
    passing = filters.passing(connection, wanted, [change.posting for change in changes])
    return [replace(change, chosen=change.posting in passing) for change in changes]


def last(connection: Connection) -> int:
    """Return the highest number given so far."""
    return int(
        connection.execute(statement("SELECT COALESCE(MAX(seq), 0) FROM outbox WHERE seq IS NOT NULL")).scalar_one()
    )


def announce_erased(connection: Connection, postings: Sequence[int]) -> None:
    """Tell readers that these postings are gone, so that they can drop their copies; call it before the erasing."""
    w = words(connection)
    connection.execute(
        statement(
            "INSERT INTO outbox (posting_id, revision, kind, payload, at) "
            f"SELECT id, revision, 'erased', '{{}}', {w.now} FROM posting WHERE id {w.among}"
        ),
        {"ids": as_ids(sorted(postings))},
    )


def _change(row: Sequence[Any]) -> Change:  # Any: cells; those of the posting are None when it is erased
    seq, posting, revision, kind, at, payload, type_, source, key, title, company, location, url, cluster, *cells = row
    known = fields.known(cells)
    return Change(
        seq=seq, posting=posting, revision=revision, kind=kind, at=moments.read(at),
        payload=json.loads(payload or "{}"), ref=f"{source}:{key}" if source is not None else "",
        type=None if type_ is None else Kind(type_),
        source=source or "", key=key or "", title=title or "", company=company or "", location=location or "",
        language=known.language, url=url or "", fields=known, cluster=cluster,
    )  # fmt: skip
