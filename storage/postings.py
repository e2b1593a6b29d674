"""Save postings as their sources show them; a change of what is read of them makes a revision and a job, at once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from metier.gleanings import STATED
from metier.json_text import as_json
from metier.types import Kind, Lane, Posting
from storage import fields, gold, jobs, positions, signatures
from storage.dialect import as_ids, as_rows, as_set, clean, moment, pour, spread, statement, words
from storage.insertion import hopefully

_TEXTS = ("title", "body", "company", "location", "country", "language", "url", "extra")
_NAME = {"source": "text", "source_key": "text"}
_FIELDS = {
    "kind": "text", **dict.fromkeys(_TEXTS, "text"), "published": "timestamptz", "closing": "timestamptz",
    "content_sha": "text", "stated_sha": "text",
}  # fmt: skip
_ROW = _NAME | _FIELDS
_Row = tuple[Any, ...]  # Any: cells in the order of _ROW
_CONTENT, _STATED = (list(_ROW).index(name) for name in ("content_sha", "stated_sha"))
# SQLite would give the id of an erased posting again, whose jobs are still there: the new one would get none
_LAST = "SELECT MAX(COALESCE((SELECT MAX(id) FROM posting), 0), COALESCE((SELECT MAX(subject) FROM job), 0))"
_SAVED_NOW = "(SELECT id, body <> '' AS heavy FROM posting WHERE id > :last ORDER BY id)"


@dataclass(frozen=True, slots=True)
class Ingested:
    """What one call of `ingest` found: postings never seen, postings whose text changed, postings as before."""

    new: int
    edited: int
    same: int

    def __add__(self, other: "Ingested") -> "Ingested":
        return Ingested(self.new + other.new, self.edited + other.edited, self.same + other.same)


@dataclass(frozen=True, slots=True)
class Ready:
    """Postings with the rows that they become, made before a transaction begins; of one posting twice the last."""

    postings: Mapping[tuple[str, str], Posting]
    rows: Mapping[tuple[str, str], _Row]


def ready(postings: Iterable[Posting]) -> Ready:
    """Make what `save` writes."""
    once = {(p.source, clean(p.key)): p for p in postings}
    return Ready(once, {name: _row(p) for name, p in once.items()})


def ingest(connection: Connection, postings: Iterable[Posting], *, lane: Lane = Lane.LIVE) -> Ingested:
    """Save postings and enqueue a job for each new or edited one; of one posting twice the last counts."""
    return save(connection, ready(postings), lane=lane)


def save(connection: Connection, made: Ready, *, lane: Lane = Lane.LIVE) -> Ingested:
    """Ingest what was made ready: on SQLite all others wait while a transaction is open."""
    saved, rows = made.postings, made.rows
    if not rows:
        return Ingested(0, 0, 0)
    known = _known(connection, rows)
    fresh = [row for name, row in rows.items() if name not in known]
    added = _insert(connection, fresh, lane=lane)
    if len(added) < len(fresh):  # somebody else saved the same posting between our look and our insert
        missed = {name: row for name, row in rows.items() if name not in known and name not in added}
        known |= _known(connection, missed)
    edited: list[dict[str, Any]] = []  # Any: rows of mixed columns
    same: list[dict[str, Any]] = []  # Any: rows of mixed columns
    for name, (id_, sha, stated, revision) in known.items():
        row = rows[name]
        # a posting saved before it was noted what its source states has none: that alone is no edit
        as_before = sha == row[_CONTENT] and stated in (None, row[_STATED])
        mixed = dict(zip(_ROW, row, strict=True)) | {"id": id_, "revision": revision + (not as_before)}
        (same if as_before else edited).append(mixed)
    _update(connection, edited)
    _touch(connection, same)
    due = [(row["id"], row["revision"], bool(row["body"])) for row in edited]
    jobs.cancel_older(connection, [(row["id"], row["revision"]) for row in edited])
    jobs.enqueue(connection, due, lane=lane)
    if added:
        jobs.tell(connection)
    positions.note(connection, saved.values())
    gold.note(connection, saved.values())
    return Ingested(len(added), len(edited), len(same))


def content_sha(posting: Posting) -> str:
    """Return the fingerprint of what a tagger reads; an edit that leaves it and what is stated alone causes no job."""
    return _sha(_cleaned(posting))


def stated_sha(posting: Posting) -> str:
    """Return the fingerprint of what fields are taken from besides the text; empty where nothing is stated."""
    if posting.kind is Kind.TITLE:
        return ""
    stated: list[Any] = [posting.location, posting.country]  # Any: any JSON
    stated += [posting.extra.get(key) for key in STATED] if posting.extra else []
    return hashlib.blake2b(clean(as_json(stated)).encode(), digest_size=8).hexdigest() if any(stated) else ""


def _row(posting: Posting) -> _Row:
    texts = _cleaned(posting)
    return (
        posting.source, clean(posting.key), posting.kind.value, *texts,
        clean(as_json(posting.extra)) if posting.extra else "{}",
        _moment(posting.published), _moment(posting.closing), _sha(texts), stated_sha(posting),
    )  # fmt: skip


def _cleaned(posting: Posting) -> tuple[str, ...]:
    texts = (
        posting.title, posting.body, posting.company, posting.location, posting.country, posting.language, posting.url,
    )  # fmt: skip
    whole = "".join(texts)
    if whole.isascii() and "\x00" not in whole:  # most are
        return texts
    return tuple(map(clean, texts))


def _sha(texts: Sequence[str]) -> str:
    title, body, company, *_, language, _ = texts
    return hashlib.blake2b(as_json([title, body, language, company]).encode(), digest_size=16).hexdigest()


def _moment(moment: datetime | None) -> str | None:
    """Write a moment as both databases read it: UTC without saying so."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _known(
    connection: Connection, rows: Mapping[tuple[str, str], _Row]
) -> dict[tuple[str, str], tuple[int, str, str | None, int]]:
    w = words(connection)
    ids = (  # no join, for which Postgres may read the whole table
        "SELECT (SELECT q.id FROM posting q WHERE q.source = r.source AND q.source_key = r.source_key) "
        f"FROM {w.set_of(**_NAME)}"
    )
    found = connection.execute(
        statement(
            "SELECT p.source, p.source_key, p.id, p.content_sha, p.stated_sha, p.revision FROM posting p "
            f"WHERE p.id {w.in_selected(ids)} ORDER BY p.id {w.lock}"
        ),
        as_set(connection, _NAME, list(zip(*rows, strict=True))),
    )
    return {(source, name): tuple(rest) for source, name, *rest in found.all()}


def _insert(connection: Connection, rows: Sequence[_Row], *, lane: Lane) -> frozenset[tuple[str, str]]:
    """Save postings that nobody knows, each with its job; return the names of those that were saved."""
    if not rows:
        return frozenset()
    names = ", ".join(_ROW)
    into = f"INSERT INTO posting ({names}, revision, first_seen, seen_at, changed_at)"
    once = "ON CONFLICT (source, source_key) DO NOTHING"
    w = words(connection)
    if w.name == "postgresql":
        item, values = spread(_ROW, list(zip(*rows, strict=True)))
        insert = f"{into} SELECT {names}, 1, {w.now}, {w.now}, {w.now} FROM {item} WHERE true"
        saved, job = "RETURNING id, source, source_key, body <> '' AS heavy", jobs.of_new("p", w.now)
        found = hopefully(
            connection,
            f"WITH p AS ({insert} {saved}), j AS ({job}) SELECT source, source_key FROM p",
            values | {"lane": jobs.LANES[lane]},
            careful=f"WITH p AS ({insert} {once} {saved}), j AS ({job} {jobs.take_over(w.now)}) "
            "SELECT source, source_key FROM p",
        )
        return frozenset((source, name) for source, name in found.all())
    last = connection.execute(statement(_LAST)).scalar_one()
    now = f"'{moment(connection)}'"
    written = pour(
        connection,
        into.replace("(", "(id, ", 1),
        f"?, {', '.join('?' * len(_ROW))}, 1, {now}, {now}, {now}",
        [(id_, *row) for id_, row in enumerate(rows, start=last + 1)],
        once=once,
    )
    # nobody else writes meanwhile
    connection.execute(statement(jobs.of_new(_SAVED_NOW, w.now)), {"last": last, "lane": jobs.LANES[lane]})
    if written == len(rows):
        return frozenset((source, name) for source, name, *_ in rows)
    found = connection.execute(
        statement("SELECT source, source_key FROM posting WHERE id > :last ORDER BY id"), {"last": last}
    )
    return frozenset((source, name) for source, name in found.all())


def _update(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        w = words(connection)
        fields = {"id": "bigint", "revision": "int"} | _FIELDS
        sets = ", ".join(f"{name} = r.{name}" for name in fields if name != "id")
        connection.execute(
            statement(
                f"UPDATE posting SET {sets}, seen_at = {w.now}, changed_at = {w.now}, gone_at = NULL "
                f"FROM {w.rows(**fields)} WHERE posting.id = r.id"
            ),
            {"rows": as_rows(rows)},
        )


def _touch(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Note that these were seen, and keep what no tagger reads up to date."""
    if rows:
        w = words(connection)
        kept = ("location", "country", "url", "extra", "published", "closing", "stated_sha")
        fields = {"id": "bigint"} | {name: _FIELDS[name] for name in kept}
        differs = " OR ".join(f"posting.{name} IS DISTINCT FROM r.{name}" for name in kept)
        connection.execute(
            statement(
                f"UPDATE posting SET {', '.join(f'{name} = r.{name}' for name in kept)}, "
                f"seen_at = {w.now}, gone_at = NULL FROM {w.rows(**fields)} WHERE posting.id = r.id "
                f"AND ({differs} OR posting.gone_at IS NOT NULL OR posting.seen_at < {w.after('-3600')})"
            ),
            {"rows": as_rows(rows)},
        )


def erase(connection: Connection, ids: Sequence[int]) -> int:
    """Delete postings with all that hangs on them; their open jobs are cancelled, their events emptied."""
    w = words(connection)
    values = {"ids": as_ids(sorted(ids))}
    if w.lock:  # postings before their jobs, as everywhere
        connection.execute(statement(f"SELECT id FROM posting WHERE id {w.among} ORDER BY id {w.lock}"), values).all()
    jobs.cancel_subjects(connection, ids, reason="erased")
    connection.execute(statement(f"UPDATE outbox SET payload = '{{}}' WHERE posting_id {w.among}"), values)
    connection.execute(statement(f"DELETE FROM example WHERE posting_id {w.among}"), values)
    for table in ("tag", "tag_history", "shadow_tag", "retagged", "cv_position", "filed"):
        connection.execute(statement(f"DELETE FROM {table} WHERE posting_id {w.among}"), values)
    fields.erase(connection, sorted(ids))
    signatures.erase(connection, ids)
    return connection.execute(statement(f"DELETE FROM posting WHERE id {w.among}"), values).rowcount
