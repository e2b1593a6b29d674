"""Titles as positions of CVs: whose they are, from when to when, and with which tags."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.errors import Rejected
from metier.types import Kind, Posting
from storage import answers
from storage.answers import Answer
from storage.dialect import as_ids, as_rows, clean, statement, words


@dataclass(frozen=True, slots=True)
class Held:
    """One position of a CV with its best tag in each taxonomy. `gone` is one that the CV no longer has."""

    posting: int
    ref: str
    title: str
    company: str
    started: str
    ended: str
    ongoing: bool
    side: bool
    gone: bool
    tags: Mapping[str, Answer]


def note(connection: Connection, postings: Iterable[Posting]) -> None:
    """Note whose positions these are, of those that say so; the postings are saved before."""
    rows = [
        {
            "source": one.source, "source_key": clean(one.key), "cv": clean(str(one.extra["cv"])),
            "started": str(one.extra.get("started", "")), "ended": str(one.extra.get("ended", "")),
            "ongoing": bool(one.extra.get("current")), "side": bool(one.extra.get("side")),
        }
        for one in postings
        if one.kind is Kind.TITLE and one.extra.get("cv")
    ]  # fmt: skip
    if not rows:
        return
    w = words(connection)
    fields = ("cv", "started", "ended", "ongoing", "side")
    kinds = dict.fromkeys(("source", "source_key", "cv", "started", "ended"), "text")
    connection.execute(
        statement(
            f"INSERT INTO cv_position (posting_id, source, {', '.join(fields)}) "
            f"SELECT p.id, p.source, {', '.join(f'r.{name}' for name in fields)} "
            f"FROM {w.rows(**kinds, ongoing='boolean', side='boolean')} "
            "JOIN posting p ON p.source = r.source AND p.source_key = r.source_key WHERE true "
            f"ON CONFLICT (posting_id) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in fields)}"
        ),
        {"rows": as_rows(rows)},
    )


def cvs(connection: Connection, *, most: int, after: str = "", source: str = "") -> list[str]:
    """Return the refs (source:id) of CVs in order, those behind this one."""
    begin_source, _, begin = after.partition(":")
    only = "AND source = :source" if source else ""
    found = connection.execute(
        statement(
            f"SELECT DISTINCT source, cv FROM cv_position WHERE (source > :begin_source OR source = :begin_source "
            f"AND cv > :begin) {only} ORDER BY source, cv LIMIT :most"
        ),
        {"begin_source": begin_source, "begin": begin, "most": most} | ({"source": source} if source else {}),
    )
    return [f"{name}:{cv}" for name, cv in found]


def held(connection: Connection, refs: Sequence[str]) -> dict[str, list[Held]]:
    """Return the positions of these CVs, the latest first; a CV that is not there is missing in the answer."""
    pairs = [ref.partition(":")[::2] for ref in dict.fromkeys(refs)]
    rows = connection.execute(
        statement(
            "SELECT c.source, c.cv, p.id, p.source_key, p.title, p.company, c.started, c.ended, c.ongoing, c.side, "
            f"p.gone_at IS NOT NULL AS gone FROM {words(connection).rows(source='text', cv='text')} "
            "JOIN cv_position c ON c.source = r.source AND c.cv = r.cv JOIN posting p ON p.id = c.posting_id "
            "ORDER BY c.source, c.cv, c.ongoing DESC, c.started DESC, c.ended DESC, p.id"
        ),
        {"rows": as_rows([{"source": source, "cv": cv} for source, cv in pairs])},
    ).all()
    tags = answers.best(connection, [row.id for row in rows])
    found: dict[str, list[Held]] = {}
    for source, cv, id_, key, title, company, started, ended, ongoing, side, gone in rows:
        one = Held(
            int(id_), f"{source}:{key}", title, company, started, ended, bool(ongoing), bool(side), bool(gone),
            tags.get(id_, {}),
        )  # fmt: skip
        found.setdefault(f"{source}:{cv}", []).append(one)
    return found


def of_postings(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """Return the refs of the CVs of these postings, of those that have one."""
    found = connection.execute(
        statement(f"SELECT posting_id, source, cv FROM cv_position WHERE posting_id {words(connection).among}"),
        {"ids": as_ids(sorted(ids))},
    )
    return {int(id_): f"{source}:{cv}" for id_, source, cv in found}


def ids_of(connection: Connection, ref: str) -> list[int]:
    """Return the postings of a CV; raise Rejected where there is no such CV."""
    source, _, cv = ref.partition(":")
    found = connection.execute(
        statement("SELECT posting_id FROM cv_position WHERE source = :source AND cv = :cv ORDER BY posting_id"),
        {"source": source, "cv": cv},
    )
    ids = [int(id_) for id_ in found.scalars()]
    if not ids:
        raise Rejected(f"there is no CV {ref}; see `metier cv list`")
    return ids


def outdated(connection: Connection, *, keep: float, most: int) -> list[int]:
    """Return titles that have not come in for so many seconds, and no other of their CV; at most so many."""
    w = words(connection)
    found = connection.execute(
        statement(
            f"SELECT p.id FROM posting p WHERE p.kind = 'title' AND p.seen_at < {w.after(':ago')} AND NOT EXISTS ("
            "SELECT 1 FROM cv_position c JOIN cv_position o ON o.source = c.source AND o.cv = c.cv "
            "JOIN posting q ON q.id = o.posting_id "
            f"WHERE c.posting_id = p.id AND q.seen_at >= {w.after(':ago')}) ORDER BY p.id LIMIT :most"
        ),
        {"ago": -keep, "most": most},
    )
    return [int(id_) for id_ in found.scalars()]
