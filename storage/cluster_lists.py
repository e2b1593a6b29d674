"""Clusters of near-duplicates as people look at them; nothing here changes one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from storage import moments
from storage.dialect import as_ids, statement, words

_JOINED = "cluster_id <> posting_id"  # as the index of those says it


@dataclass(frozen=True, slots=True)
class Listed:
    """One cluster: the number of its first posting, how many there are, and what the first says."""

    cluster: int
    postings: int
    ref: str
    title: str
    company: str
    location: str


@dataclass(frozen=True, slots=True)
class Member:
    """One posting of a cluster."""

    posting: int
    ref: str
    title: str
    company: str
    location: str
    url: str
    published: datetime | None
    gone: bool


def largest(connection: Connection, *, most: int) -> list[Listed]:
    """Return the clusters of more than one posting, the largest first."""
    found = connection.execute(
        statement(
            "SELECT c.cluster_id, c.n + 1, p.source, p.source_key, p.title, p.company, p.location FROM "
            f"(SELECT cluster_id, count(*) AS n FROM signature WHERE {_JOINED} GROUP BY cluster_id "
            "ORDER BY count(*) DESC, cluster_id LIMIT :most) c JOIN posting p ON p.id = c.cluster_id "
            "ORDER BY c.n DESC, c.cluster_id"
        ),
        {"most": most},
    )
    return [
        Listed(cluster, int(n), f"{source}:{key}", title, company, location)
        for cluster, n, source, key, title, company, location in found
    ]


def members(connection: Connection, cluster: int, *, most: int) -> list[Member]:
    """Return the postings of a cluster, the first ones first; none where there is no such cluster."""
    found = connection.execute(
        statement(
            "SELECT p.id, p.source, p.source_key, p.title, p.company, p.location, p.url, p.published, p.gone_at "
            "FROM signature s JOIN posting p ON p.id = s.posting_id WHERE s.cluster_id = :cluster "
            "ORDER BY s.posting_id LIMIT :most"
        ),
        {"cluster": cluster, "most": most},
    )
    return [
        Member(
            id_, f"{source}:{key}", title, company, location, url,
            None if published is None else moments.read(published), gone is not None,
        )
        for id_, source, key, title, company, location, url, published, gone in found
    ]  # fmt: skip


def holding(connection: Connection, postings: Sequence[int]) -> list[int]:
    """Return the clusters that hold these postings."""
    found = connection.execute(
        statement(
            f"SELECT DISTINCT cluster_id FROM signature WHERE posting_id {words(connection).among} ORDER BY cluster_id"
        ),
        {"ids": as_ids(postings)},
    )
    return list(found.scalars())


def joined(connection: Connection) -> int:
    """Return how many postings are about a job that was there before."""
    return int(connection.execute(statement(f"SELECT count(*) FROM signature WHERE {_JOINED}")).scalar_one())


def waiting(connection: Connection) -> int:
    """Return how many postings wait to be compared."""
    return int(connection.execute(statement("SELECT count(*) FROM signature WHERE due IS NOT NULL")).scalar_one())
