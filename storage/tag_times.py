"""Tags as they stand, or as they stood at a moment: which artifact said what of a posting, why, and until when."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from metier.errors import Rejected
from storage import filters, moments
from storage.dialect import statement
from storage.filters import Filter

_COLUMNS = "taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"
_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stood:
    """A tag with how long it stood; `until` is None while it stands, `replaced_by` a run where it was one."""

    taxonomy: str
    code: str
    revision: int
    score: float
    sure: bool
    origin: str
    artifact: str
    run: int | None
    evidence: Mapping[str, Any]  # JSON
    since: datetime
    until: datetime | None
    replaced_by: int | None


@dataclass(frozen=True, slots=True)
class Described:
    """A posting, as far as one wants to know whose tags these are."""

    id: int
    ref: str
    kind: str
    title: str
    language: str
    url: str
    revision: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Listed:
    """A tag that stands, with its posting."""

    ref: str
    kind: str
    title: str
    language: str
    url: str
    taxonomy: str
    code: str
    score: float
    sure: bool
    origin: str
    artifact: str
    run: int | None
    tagged_at: datetime


def posting(connection: Connection, ref: str) -> Described:
    """Return the posting of this ref; raise Rejected where there is none."""
    source, _, key = ref.partition(":")
    found = connection.execute(
        statement(
            "SELECT id, kind, title, language, url, revision, changed_at FROM posting "
            "WHERE source = :source AND source_key = :key"
        ),
        {"source": source, "key": key},
    ).one_or_none()
    if found is None:
        raise Rejected(f"there is no posting {ref}: it never came in, or was erased")
    id_, kind, title, language, url, revision, changed = found
    return Described(id_, ref, kind, title, language, url, revision, moments.read(changed))


def all_of(connection: Connection, posting: int) -> list[Stood]:
    """Return every tag that a posting has or had, the newest first."""
    found = connection.execute(
        statement(
            f"SELECT {_COLUMNS}, NULL AS replaced_at, NULL AS replaced_by FROM tag WHERE posting_id = :posting "
            f"UNION ALL SELECT {_COLUMNS}, replaced_at, replaced_by FROM tag_history WHERE posting_id = :posting"
        ),
        {"posting": posting},
    )
    stood = [
        Stood(
            taxonomy, code, revision, float(score), bool(sure), origin, artifact, run, json.loads(evidence),
            moments.read(since), None if until is None else moments.read(until), replaced_by,
        )
        for taxonomy, code, revision, score, sure, origin, artifact, run, evidence, since, until, replaced_by in found
    ]  # fmt: skip
    stood.sort(key=lambda tag: (-(tag.until or _NEVER).timestamp(), tag.taxonomy, not tag.sure, -tag.score, tag.code))
    return stood


def at(stood: Sequence[Stood], moment: datetime) -> list[Stood]:
    """Return of these tags those that stood at a moment, by taxonomy, the best first.

    A tag that an undoing brought back says when it was first given, so it seems to have stood in between, too. What
    really stood is what was replaced first after the moment.
    """
    covering = [tag for tag in stood if tag.since <= moment < (tag.until or _NEVER)]
    ends: dict[str, datetime] = {}
    for tag in covering:
        ends[tag.taxonomy] = min(ends.get(tag.taxonomy, _NEVER), tag.until or _NEVER)
    found = [tag for tag in covering if (tag.until or _NEVER) == ends[tag.taxonomy]]
    return sorted(found, key=lambda tag: (tag.taxonomy, not tag.sure, -tag.score, tag.code))


def find(connection: Connection, wanted: Filter, *, most: int) -> list[Listed]:
    """Return the tags that stand and that the filter lets through, those of the newest postings first."""
    where, values = filters.tags_where(connection, wanted)
    found = connection.execute(
        statement(
            "SELECT p.source, p.source_key, p.kind, p.title, p.language, p.url, t.taxonomy, t.code, t.score, t.sure, "
            "t.origin, t.artifact, t.run_id, t.tagged_at FROM posting p JOIN tag t ON t.posting_id = p.id "
            f"WHERE {where} ORDER BY p.id DESC, t.taxonomy, t.score DESC, t.code LIMIT :f_most"
        ),
        values | {"f_most": most},
    )
    return [
        Listed(
            f"{source}:{key}", kind, title, language, url, taxonomy, code, float(score), bool(sure), origin, artifact,
            run, moments.read(tagged),
        )
        for source, key, kind, title, language, url, taxonomy, code, score, sure, origin, artifact, run, tagged in found
    ]  # fmt: skip
