"""Postings of which a source shows only a line in a list: saved where nothing is known, and replacing nothing."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.json_text import as_json
from metier.types import Posting
from storage.dialect import as_rows, clean, statement, words


@dataclass(frozen=True, slots=True)
class Settled:
    """What is left to ingest, and how many were known already."""

    postings: Sequence[Posting]
    known: int


def settle(connection: Connection, postings: Sequence[Posting]) -> Settled:
    """Take out the partial postings that are known, noting that they were seen and what they add to `extra`.

    Of one posting twice in these the whole one counts, whichever comes last.
    """
    if not any(posting.partial for posting in postings):  # as of most sources
        return Settled(postings, 0)
    whole = {(posting.source, posting.key) for posting in postings if not posting.partial}
    partial = {
        (posting.source, clean(posting.key)): posting
        for posting in postings
        if posting.partial and (posting.source, posting.key) not in whole
    }
    if not partial:
        return Settled([posting for posting in postings if not posting.partial], 0)
    known = _known(connection, list(partial))
    _note(connection, [(id_, extra, partial[name]) for name, (id_, extra) in known.items()])
    left = [
        posting
        for posting in postings
        if not posting.partial
        or ((posting.source, posting.key) not in whole and (posting.source, clean(posting.key)) not in known)
    ]
    return Settled(left, len(known))


def _known(connection: Connection, names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[int, str]]:
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT p.source, p.source_key, p.id, p.extra FROM {w.rows(source='text', source_key='text')} "
            f"JOIN posting p ON p.source = r.source AND p.source_key = r.source_key ORDER BY p.id"
        ),
        {"rows": as_rows([{"source": source, "source_key": key} for source, key in names])},
    )
    return {(source, key): (id_, extra) for source, key, id_, extra in found}


def _note(connection: Connection, found: Sequence[tuple[int, str, Posting]]) -> None:
    w = words(connection)
    rows = [{"id": id_, "extra": _joined(extra, posting)} for id_, extra, posting in sorted(found, key=lambda f: f[0])]
    connection.execute(
        statement(
            f"UPDATE posting SET extra = r.extra, seen_at = {w.now}, gone_at = NULL "
            f"FROM {w.rows(id='bigint', extra='text')} WHERE posting.id = r.id "
            f"AND (posting.extra <> r.extra OR posting.gone_at IS NOT NULL OR posting.seen_at < {w.after('-3600')})"
        ),
        {"rows": as_rows(rows)},
    )


def _joined(extra: str, posting: Posting) -> str:
    """Return what was known with what is new; of labels each by itself."""
    before = json.loads(extra)
    labels = {**before.get("labels", {}), **posting.extra.get("labels", {})}
    joined = {**posting.extra, **before} | ({"labels": labels} if labels else {})
    return clean(as_json(joined))
