"""Signatures of postings and their bands, as rows; who is near whom is found out later, by what is committed here."""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from metier.gleanings import Signature
from metier.json_text import as_json
from storage import clusters
from storage.dialect import Words, as_columns, as_ids, as_rows, statement, words
from storage.insertion import hopefully

_TEXTS = ("title", "company", "place", "sketch", "bands")
_SIGNATURE = {"posting_id": "bigint", **dict.fromkeys(_TEXTS, "text")}
_BAND = {"hash": "int", "posting_id": "bigint"}
_INTO_BAND = "INSERT INTO band (hash, posting_id)"


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
        _put_bands(connection, sorted(changed))
    _insert(connection, new)
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
    if not new:
        return
    w = words(connection)
    names = ", ".join(_SIGNATURE)
    rows = [(posting, *cells) for posting, cells in new.items()]
    insert = (
        f"INSERT INTO signature ({names}, cluster_id, told, due, made_at) "
        f"SELECT {names}, posting_id, posting_id, 'new', {w.now} FROM {w.columns(**_SIGNATURE)} WHERE true"
    )
    once = "ON CONFLICT (posting_id) DO NOTHING"
    if w.name != "postgresql":
        connection.exec_driver_sql(f"{insert} {once}", rows)
        _put_bands(connection, sorted(new))
        return
    bands = f"{_INTO_BAND} {_bands(w, 's')} ORDER BY 1, 2"
    hopefully(  # only another worker that holds the same job can be there before
        connection,
        f"WITH s AS ({insert} RETURNING posting_id, bands) {bands}",
        as_columns(_SIGNATURE, list(zip(*rows, strict=True))),
        careful=f"WITH s AS ({insert} {once} RETURNING posting_id, bands) {bands} ON CONFLICT DO NOTHING",
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


def _put_bands(connection: Connection, postings: Sequence[int]) -> None:
    """Write the bands of these signatures, in the order of the index, so that neighbours meet on one page."""
    if not postings:
        return
    w = words(connection)
    connection.execute(
        statement(
            f"{_INTO_BAND} {_bands(w, 'signature s')} WHERE s.posting_id {w.among} ORDER BY 1, 2 ON CONFLICT DO NOTHING"
        ),
        {"ids": as_ids(postings)},
    )


def _bands(w: Words, signatures: str) -> str:
    """Return the query for the bands that signatures `s` hold."""
    each = (
        "json_array_elements_text(CAST(s.bands AS json)) AS h(value)"
        if w.name == "postgresql"
        else "json_each(s.bands) h"
    )
    return f"SELECT CAST(h.value AS integer), s.posting_id FROM {signatures} CROSS JOIN {each}"


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
