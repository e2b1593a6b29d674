"""Signatures of postings and their bands, as rows; who is near whom is found out later, by what is committed here."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from metier.gleanings import Signature
from metier.json_text import as_json
from storage import clusters
from storage.dialect import as_ids, as_rows, put, statement, words

_TEXTS = ("title", "company", "place", "sketch", "bands")
_SIGNATURE = {"posting_id": "bigint", **dict.fromkeys(_TEXTS, "text")}
_BAND = {"hash": "int", "posting_id": "bigint"}


def replace(connection: Connection, found: Mapping[int, Signature | None]) -> list[int]:
    """Make these the signatures of postings (None is none any more); return those that now wait to be compared."""
    if not found:
        return []
    known = _known(connection, sorted(found))
    made = {posting: _cells(one) for posting, one in sorted(found.items()) if one is not None}
    changed = {posting: cells for posting, cells in made.items() if known.get(posting, cells) != cells}
    gone = sorted(known.keys() - made.keys())
    new = {posting: cells for posting, cells in made.items() if posting not in known}
    if changed or gone:
        clusters.lock(connection)
        _drop_bands(connection, {posting: known[posting] for posting in (*changed, *gone)})
        clusters.leave(connection, gone)
        _update(connection, changed)
    _insert(connection, new)
    _put_bands(connection, {**new, **changed})
    return sorted({*new, *changed})


def erase(connection: Connection, postings: Sequence[int]) -> None:
    """Delete the signatures and bands of these postings; who was in a cluster with them is compared anew."""
    known = _known(connection, sorted(postings))
    if known:
        clusters.lock(connection)
        _drop_bands(connection, known)
        clusters.leave(connection, sorted(known))


def _known(connection: Connection, postings: Sequence[int]) -> dict[int, tuple[str, ...]]:
    found = connection.execute(
        statement(f"SELECT posting_id, {', '.join(_TEXTS)} FROM signature WHERE posting_id {words(connection).among}"),
        {"ids": as_ids(postings)},
    )
    return {posting: tuple(cells) for posting, *cells in found}


def _cells(one: Signature) -> tuple[str, ...]:
    return one.title, one.company, one.place, one.sketch, as_json(one.bands)


def _insert(connection: Connection, new: Mapping[int, Sequence[str]]) -> None:
    w = words(connection)
    names = ", ".join(_SIGNATURE)
    put(
        connection,
        f"INSERT INTO signature ({names}, cluster_id, told, due, made_at) "
        f"SELECT {names}, posting_id, posting_id, 'new', {w.now} FROM {w.columns(**_SIGNATURE)} WHERE true "
        "ON CONFLICT (posting_id) DO NOTHING",
        _SIGNATURE,
        [(posting, *cells) for posting, cells in new.items()],
    )


def _update(connection: Connection, changed: Mapping[int, Sequence[str]]) -> None:
    if changed:
        w = words(connection)
        rows = [{"posting_id": posting} | dict(zip(_TEXTS, cells, strict=True)) for posting, cells in changed.items()]
        connection.execute(
            statement(
                f"UPDATE signature SET {', '.join(f'{name} = r.{name}' for name in _TEXTS)}, due = 'changed', "
                f"made_at = {w.now} FROM {w.rows(**_SIGNATURE)} WHERE signature.posting_id = r.posting_id"
            ),
            {"rows": as_rows(rows)},
        )


def _put_bands(connection: Connection, made: Mapping[int, Sequence[str]]) -> None:
    put(
        connection,
        f"INSERT INTO band (hash, posting_id) SELECT hash, posting_id FROM {words(connection).columns(**_BAND)} "
        "WHERE true ON CONFLICT (hash, posting_id) DO NOTHING",
        _BAND,
        # in the order of the index, so that neighbours meet on one page
        sorted((band, posting) for posting, cells in made.items() for band in json.loads(cells[-1])),
    )


def _drop_bands(connection: Connection, known: Mapping[int, Sequence[str]]) -> None:
    w = words(connection)
    rows = [{"hash": band, "posting_id": posting} for posting, cells in known.items() for band in json.loads(cells[-1])]
    source = w.rows(**_BAND)
    connection.execute(
        statement(
            f"DELETE FROM band WHERE (hash, posting_id) IN (SELECT hash, posting_id FROM {source})"
            if w.name == "sqlite"
            else f"DELETE FROM band USING {source} WHERE band.hash = r.hash AND band.posting_id = r.posting_id"
        ),
        {"rows": as_rows(rows)},
    )
