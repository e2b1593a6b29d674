"""Clusters of near-duplicates: who waits to be compared, with whom, and the union of those found to be one job.

A posting is committed with its bands first and looks for its like afterwards. Of two that are committed at the same
time at least the later one to look sees the other, so no pair is missed; the union is made under one lock, and making
it again changes nothing. Who dies between the two leaves its postings `due`, and the sweep finds them.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.gleanings import Signature
from storage.dialect import as_ids, as_rows, statement, words

_LOCK = 7_303_016
_FIRST, _LAST = 24, 40  # members of a band that are looked at: the oldest and the newest of them
_COMPARED = 32  # postings that one is compared with: those that share the most bands, and the rarest


@dataclass(frozen=True, slots=True)
class Kept:
    """A posting as it is compared, its bands left where they are; `due` where it still waits for that."""

    posting: int
    source: str
    signature: Signature
    due: str


def lock(connection: Connection) -> None:
    """Let nobody else change clusters until this transaction ends; on SQLite every writer is alone."""
    if connection.dialect.name == "postgresql":
        connection.execute(statement("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


def waiting(connection: Connection, *, age: float, most: int) -> list[int]:
    """Return postings that have waited so many seconds to be compared, the first ones first."""
    w = words(connection)
    return list(
        connection.execute(
            statement(
                f"SELECT posting_id FROM signature WHERE due IS NOT NULL AND made_at <= {w.after(':age')} "
                "ORDER BY posting_id LIMIT :most"
            ),
            {"age": -age, "most": most},
        ).scalars()
    )


def kept(connection: Connection, postings: Collection[int]) -> dict[int, Kept]:
    """Return these postings as they are compared."""
    if not postings:
        return {}
    found = connection.execute(
        statement(
            "SELECT s.posting_id, p.source, s.title, s.company, s.place, s.sketch, s.due FROM signature s "
            f"JOIN posting p ON p.id = s.posting_id WHERE s.posting_id {words(connection).among}"
        ),
        {"ids": as_ids(sorted(set(postings)))},
    )
    return {
        posting: Kept(posting, source, Signature(title, company, place, (), sketch), due or "")
        for posting, source, title, company, place, sketch, due in found.all()
    }


def of(connection: Connection, posting: int) -> int | None:
    """Return the cluster of a posting, None where it is not compared with others."""
    found = connection.execute(
        statement("SELECT cluster_id FROM signature WHERE posting_id = :posting"), {"posting": posting}
    ).scalar()
    return None if found is None else int(found)


def names(connection: Connection, postings: Collection[int]) -> dict[int, tuple[str, str, str]]:
    """Return title, company and place of these as they are compared: most tell at once that the job is another."""
    if not postings:
        return {}
    found = connection.execute(
        statement(
            f"SELECT posting_id, title, company, place FROM signature WHERE posting_id {words(connection).among}"
        ),
        {"ids": as_ids(sorted(set(postings)))},
    )
    return {posting: (title, company, place) for posting, title, company, place in found.all()}


def near(connection: Connection, postings: Iterable[int]) -> dict[int, list[int]]:
    """Return for each of these the postings that share bands with it, bounded however common a band is."""
    members = (
        "SELECT b.posting_id FROM band b WHERE b.hash = r.hash AND b.posting_id <> r.posting_id ORDER BY b.posting_id"
    )
    ends = (
        f"SELECT posting_id FROM ({members} LIMIT {_FIRST}) first_ones UNION "
        f"SELECT posting_id FROM ({members} DESC LIMIT {_LAST}) last_ones"
    )
    w = words(connection)
    gather, size, bands = (
        ("array_agg", "cardinality", "json_array_elements_text(CAST(s.bands AS json)) AS h(value)")
        if w.name == "postgresql"
        else ("json_group_array", "json_array_length", "json_each(s.bands) h")
    )
    found = connection.execute(
        statement(
            # in most bands there is nobody else, or few enough that one look finds all of them
            "WITH r AS MATERIALIZED (SELECT r.posting_id, r.hash, "
            f"(SELECT {gather}(posting_id) FROM ({members} LIMIT {_FIRST + _LAST + 1}) members) AS members "
            f"FROM (SELECT s.posting_id, CAST(h.value AS integer) AS hash FROM signature s CROSS JOIN {bands} "
            f"WHERE s.posting_id {w.among}) r) "
            f"SELECT r.posting_id, CAST(CASE WHEN {size}(r.members) <= {_FIRST + _LAST} THEN r.members "
            f"ELSE (SELECT {gather}(posting_id) FROM ({ends}) members) END AS text) FROM r "
            f"WHERE {size}(r.members) > 0"
        ),
        {"ids": as_ids(sorted(set(postings)))},
    )
    weights: dict[int, defaultdict[int, float]] = {}
    for posting, members_ in found.all():  # all at once: fetching row by row costs twice as much
        counted = weights.setdefault(posting, defaultdict(float))
        shared = json.loads(f"[{members_[1:-1]}]")
        weight = 1 / len(shared)  # a band that few share says more
        for other in shared:
            counted[other] += weight
    return {posting: _best(weighed) for posting, weighed in weights.items()}


def join(connection: Connection, compared: Mapping[int, Kept], pairs: Sequence[tuple[Kept, Kept]]) -> list[int]:
    """Unite the clusters of these pairs and note who was compared; return who has to be compared anew.

    What was changed since it was looked at is left out: it is due again. A changed posting may have held its cluster
    together, so all of that cluster start alone once more.
    """
    lock(connection)
    paired = {one.posting for pair in pairs for one in pair}
    alone = {id_: one for id_, one in compared.items() if one.due == "new" and id_ not in paired}
    rest = {id_: one for id_, one in compared.items() if id_ not in alone}
    left = _regroup(connection, rest, pairs) if rest else set()
    return sorted(left - _settle(connection, alone))


def _regroup(connection: Connection, compared: Mapping[int, Kept], pairs: Sequence[tuple[Kept, Kept]]) -> set[int]:
    now = kept(connection, {*compared, *(one.posting for pair in pairs for one in pair)})
    stands = {id_ for id_, one in now.items() if id_ in compared and one == compared[id_]}
    left = _dissolve(connection, sorted(id_ for id_ in stands if compared[id_].due == "changed"))
    edges = [
        (one.posting, other.posting)
        for one, other in pairs
        if one.posting in stands and other.posting in now and now[other.posting].signature == other.signature
    ]
    moved = _unite(connection, edges)
    done = {"ids": as_ids(sorted(stands))}
    connection.execute(statement(f"UPDATE signature SET due = NULL WHERE posting_id {words(connection).among}"), done)
    _tell(connection, sorted(stands | moved))
    return set(left) - stands


def _settle(connection: Connection, compared: Mapping[int, Kept]) -> set[int]:
    """Note of these, all new, that they are like nobody, as most are, in one statement; return those noted."""
    if not compared:
        return set()
    among = f"WHERE posting_id {words(connection).among}"
    found = connection.execute(
        statement(
            f"UPDATE signature SET due = NULL {among} AND due = 'new' "
            "RETURNING posting_id, title, company, place, sketch, cluster_id, told"
        ),
        {"ids": as_ids(sorted(compared))},
    ).all()
    seen = {id_: (one.signature.title, one.signature.company, one.signature.place, one.signature.sketch)
            for id_, one in compared.items()}  # fmt: skip
    changed = sorted(id_ for id_, *cells, _, _ in found if tuple(cells) != seen[id_])
    if changed:  # since they were looked at
        connection.execute(statement(f"UPDATE signature SET due = 'new' {among}"), {"ids": as_ids(changed)})
    moved = sorted(id_ for id_, *_, cluster, told in found if cluster != told)
    if moved:
        _tell(connection, moved)
    return {id_ for id_, *_ in found} - set(changed)


def leave(connection: Connection, postings: Sequence[int]) -> None:
    """Delete the signatures of these postings; the others of their clusters are compared anew. Needs the lock."""
    if postings:
        _dissolve(connection, postings)
        connection.execute(
            statement(f"DELETE FROM signature WHERE posting_id {words(connection).among}"), {"ids": as_ids(postings)}
        )


def _best(weighed: Mapping[int, float]) -> list[int]:
    return [other for _, other in sorted([(-weight, other) for other, weight in weighed.items()])[:_COMPARED]]


def _dissolve(connection: Connection, postings: Sequence[int]) -> list[int]:
    """Let all in the clusters of these start alone; return them."""
    if not postings:
        return []
    w = words(connection)
    together = f"SELECT DISTINCT s.cluster_id FROM signature s WHERE s.posting_id {w.among}"
    return list(
        connection.execute(
            statement(
                "UPDATE signature SET cluster_id = posting_id, due = 'new' "
                f"WHERE cluster_id {w.in_selected(together)} RETURNING posting_id"
            ),
            {"ids": as_ids(postings)},
        ).scalars()
    )


def _unite(connection: Connection, edges: Sequence[tuple[int, int]]) -> set[int]:
    """Give what is connected the smallest of its clusters; return who moved."""
    if not edges:
        return set()
    w = words(connection)
    found = connection.execute(
        statement(f"SELECT posting_id, cluster_id FROM signature WHERE posting_id {w.among}"),
        {"ids": as_ids(sorted({posting for edge in edges for posting in edge}))},
    )
    cluster = {int(posting): int(its) for posting, its in found}
    roots: dict[int, int] = {}

    def root(one: int) -> int:
        while roots.setdefault(one, one) != one:
            one = roots[one]
        return one

    for one, other in edges:
        low, high = sorted((root(cluster[one]), root(cluster[other])))
        roots[high] = low
    moves = [{"old": old, "new": root(old)} for old in sorted(roots) if root(old) != old]
    if not moves:
        return set()
    return set(
        connection.execute(
            statement(
                f"UPDATE signature SET cluster_id = r.new FROM {w.rows(old='bigint', new='bigint')} "
                "WHERE signature.cluster_id = r.old RETURNING signature.posting_id"
            ),
            {"rows": as_rows(moves)},
        ).scalars()
    )


def _tell(connection: Connection, postings: Sequence[int]) -> None:
    """Tell readers of the outbox who is in another cluster than they know of."""
    w = words(connection)
    values = {"ids": as_ids(postings)}
    moved = f"posting_id {w.among} AND told <> cluster_id AND due IS NULL"
    connection.execute(
        statement(
            "INSERT INTO outbox (posting_id, revision, kind, payload, at) "
            f"SELECT s.posting_id, p.revision, 'clustered', '{{}}', {w.now} FROM signature s "
            f"JOIN posting p ON p.id = s.posting_id WHERE s.{moved.replace('told', 's.told').replace('due', 's.due')}"
        ),
        values,
    )
    connection.execute(statement(f"UPDATE signature SET told = cluster_id WHERE {moved}"), values)
