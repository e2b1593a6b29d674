"""Replace the tags of postings: the old ones go to the history, the event to the outbox, a person's tag stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.types import Claimed, Origin, Tag
from storage.dialect import as_ids, as_json, as_rows, statement, words

_COLUMNS = {
    "posting_id": "bigint", "taxonomy": "text", "code": "text", "revision": "int", "score": "double precision",
    "sure": "boolean", "artifact": "text", "evidence": "text",
}  # fmt: skip
_SAME = (
    "tag.posting_id = r.posting_id AND tag.taxonomy = r.taxonomy AND tag.origin <> 'person' "
    "AND tag.revision <= r.revision"
)


@dataclass(frozen=True, slots=True)
class Tagged:
    """A claimed job with the tags that it brought, and which artifact gave those of each taxonomy."""

    job: Claimed
    tags: Sequence[Tag]
    artifacts: Mapping[str, str]


def replace(
    connection: Connection, results: Sequence[Tagged], *, origin: Origin = Origin.MODEL, run: int | None = None
) -> None:
    """Make these tags the present truth of their postings, where the posting still is the revision that was tagged."""
    results = _current(connection, results)
    if not results:
        return
    pairs = [
        {"posting_id": result.job.subject, "taxonomy": taxonomy, "revision": result.job.revision}
        for result in results
        for taxonomy in result.artifacts
    ]
    seen = _tagged_before(connection, [result for result in results if _may_replace(result.job)])
    _retire(connection, [pair for pair in pairs if pair["posting_id"] in seen])
    w = words(connection)
    names = ", ".join(_COLUMNS)
    connection.execute(
        statement(
            f"INSERT INTO tag ({names}, origin, run_id, tagged_at) "
            f"SELECT {names}, :origin, CAST(:run AS bigint), {w.now} FROM {w.rows(**_COLUMNS)} WHERE NOT EXISTS "
            "(SELECT 1 FROM tag t WHERE t.posting_id = r.posting_id AND t.taxonomy = r.taxonomy "
            "AND t.origin = 'person') ON CONFLICT (posting_id, taxonomy, code) DO NOTHING"
        ),
        {
            "rows": as_rows([row for result in results for row in _rows(result)]),
            "origin": origin.value,
            "run": run,
        },
    )
    connection.execute(
        statement(
            "INSERT INTO outbox (posting_id, revision, kind, payload, at) SELECT r.posting_id, r.revision, 'tagged', "
            f"r.payload, {w.now} FROM {w.rows(posting_id='bigint', revision='int', payload='text')}"
        ),
        {"rows": as_rows([_event(result) for result in results])},
    )


def _current(connection: Connection, results: Sequence[Tagged]) -> list[Tagged]:
    """Leave out what was edited meanwhile: its newer revision has a job of its own."""
    found = connection.execute(
        statement(f"SELECT id, revision FROM posting WHERE id {words(connection).among}"),
        {"ids": as_ids(sorted({result.job.subject for result in results}))},
    )
    revisions = {row.id: row.revision for row in found}
    return [result for result in results if revisions.get(result.job.subject) == result.job.revision]


def _may_replace(job: Claimed) -> bool:
    """Tell whether tags may stand already: a first revision's first job finds none."""
    return job.revision > 1 or bool(job.purpose)


def _tagged_before(connection: Connection, results: Sequence[Tagged]) -> set[int]:
    if not results:
        return set()
    found = connection.execute(
        statement(f"SELECT DISTINCT posting_id FROM tag WHERE posting_id {words(connection).among}"),
        {"ids": as_ids(sorted({result.job.subject for result in results}))},
    )
    return set(found.scalars())


def _retire(connection: Connection, pairs: Sequence[Mapping[str, object]]) -> None:
    if not pairs:
        return
    w = words(connection)
    rows = {"rows": as_rows(pairs)}
    source = w.rows(posting_id="bigint", taxonomy="text", revision="int")
    kept = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"
    listed = ", ".join(f"tag.{name}" for name in kept.split(", "))
    connection.execute(
        statement(
            f"INSERT INTO tag_history ({kept}, replaced_at) SELECT {listed}, {w.now} FROM {source} JOIN tag ON {_SAME}"
        ),
        rows,
    )
    connection.execute(
        statement(
            f"DELETE FROM tag WHERE origin <> 'person' AND EXISTS (SELECT 1 FROM {source} WHERE {_SAME})"
            if w.name == "sqlite"
            else f"DELETE FROM tag USING {source} WHERE {_SAME}"
        ),
        rows,
    )


def _rows(result: Tagged) -> list[dict[str, object]]:
    return [
        {
            "posting_id": result.job.subject, "taxonomy": tag.taxonomy, "code": tag.code,
            "revision": result.job.revision, "score": round(tag.score, 4), "sure": tag.sure,
            "artifact": result.artifacts[tag.taxonomy], "evidence": as_json(tag.evidence),
        }
        for tag in result.tags
    ]  # fmt: skip


def _event(result: Tagged) -> dict[str, object]:
    told: dict[str, list[object]] = {}
    for tag in result.tags:
        told.setdefault(tag.taxonomy, []).append([tag.code, round(tag.score, 4), tag.sure])
    return {
        "posting_id": result.job.subject,
        "revision": result.job.revision,
        "payload": as_json(told),
    }
