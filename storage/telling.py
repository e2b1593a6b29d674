"""Tell the readers of the outbox what tags postings have now, in all taxonomies: for changes that touch only some."""

from collections.abc import Sequence

from sqlalchemy import Connection

from metier.json_text import as_json
from storage.dialect import as_ids, put, statement, words

_EVENT = {"posting_id": "bigint", "revision": "int", "payload": "line"}


def tagged(connection: Connection, postings: Sequence[int]) -> None:
    """Write one event a posting, of the tags that stand in this transaction."""
    if not postings:
        return
    w = words(connection)
    ids = {"ids": as_ids(sorted(set(postings)))}
    revisions = connection.execute(statement(f"SELECT id, revision FROM posting WHERE id {w.among} ORDER BY id"), ids)
    told: dict[int, tuple[int, dict[str, list[tuple[str, float, bool]]]]] = {
        id_: (revision, {}) for id_, revision in revisions
    }
    found = connection.execute(
        statement(
            f"SELECT posting_id, taxonomy, code, score, sure FROM tag WHERE posting_id {w.among} "
            "ORDER BY posting_id, taxonomy, sure DESC, score DESC, code"
        ),
        ids,
    )
    for posting, taxonomy, code, score, sure in found:
        if posting in told:
            told[posting][1].setdefault(taxonomy, []).append((code, score, bool(sure)))
    put(
        connection,
        "INSERT INTO outbox (posting_id, revision, kind, payload, at) "
        f"SELECT posting_id, revision, 'tagged', payload, {w.now} FROM {w.columns(**_EVENT)}",
        _EVENT,
        [(posting, revision, as_json(tags)) for posting, (revision, tags) in told.items()],
    )
