"""Replace the tags of postings: the old ones go to the history, the event to the outbox, a person's tag stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from metier.types import Claimed, Origin, Tag
from storage.dialect import as_ids, as_rows, put, statement, words

_TAG = {
    "posting_id": "bigint", "taxonomy": "text", "code": "text", "revision": "int", "score": "double precision",
    "sure": "boolean", "origin": "text", "artifact": "text", "evidence": "json",
}  # fmt: skip
_EVENT = {"posting_id": "bigint", "revision": "int", "payload": "json"}
_SAME = (
    "tag.posting_id = r.posting_id AND tag.taxonomy = r.taxonomy AND tag.origin <> 'person' "
    "AND tag.revision <= r.revision"
)
_NO_PERSONS_TAG = (
    "NOT EXISTS (SELECT 1 FROM tag t WHERE t.posting_id = r.posting_id AND t.taxonomy = r.taxonomy "
    "AND t.origin = 'person')"
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
    """Make these tags the present truth of their postings, and tell the readers of the outbox."""
    written = write(connection, results, origin=origin, run=run)
    put(
        connection,
        "INSERT INTO outbox (posting_id, revision, kind, payload, at) "
        f"SELECT posting_id, revision, 'tagged', payload, {words(connection).now} "
        f"FROM {words(connection).columns(**_EVENT)}",
        _EVENT,
        [(result.job.subject, result.job.revision, _told(result.tags)) for result in written],
    )


def write(
    connection: Connection, results: Sequence[Tagged], *, origin: Origin = Origin.MODEL, run: int | None = None
) -> list[Tagged]:
    """Write these tags where the posting still is the revision that was tagged; return the results that count."""
    standing = _standing(connection, results)
    results = [result for result in results if standing.get(result.job.subject, (0, False))[0] == result.job.revision]
    before = [result for result in results if standing[result.job.subject][1]]
    _retire(
        connection,
        [
            {"posting_id": result.job.subject, "taxonomy": taxonomy, "revision": result.job.revision}
            for result in before
            for taxonomy in result.artifacts
        ],
        run=run,
    )
    w = words(connection)
    names = ", ".join(_TAG)
    put(
        connection,
        f"INSERT INTO tag ({names}, run_id, tagged_at) SELECT {names}, {_number(run)}, {w.now} "
        f"FROM {w.columns(**_TAG)} WHERE {_NO_PERSONS_TAG if before else 'true'} "
        "ON CONFLICT (posting_id, taxonomy, code) DO NOTHING",
        _TAG,
        [row for result in results for row in _rows(result, origin.value)],
    )
    return results


def _standing(connection: Connection, results: Sequence[Tagged]) -> dict[int, tuple[int, bool]]:
    """Return the revision of each posting, so that what was edited meanwhile is left out, and whether it has tags."""
    found = connection.execute(
        statement(
            # not EXISTS, for which Postgres may hash the whole table
            "SELECT p.id, p.revision, (SELECT 1 FROM tag t WHERE t.posting_id = p.id LIMIT 1) FROM posting p "
            f"WHERE p.id {words(connection).among}"
        ),
        {"ids": as_ids(sorted({result.job.subject for result in results}))},
    ).all()
    return {id_: (revision, bool(tagged)) for id_, revision, tagged in found}


def _retire(connection: Connection, pairs: Sequence[Mapping[str, object]], *, run: int | None) -> None:
    if not pairs:
        return
    w = words(connection)
    rows = {"rows": as_rows(pairs)}
    source = w.rows(posting_id="bigint", taxonomy="text", revision="int")
    kept = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"
    listed = ", ".join(f"tag.{name}" for name in kept.split(", "))
    connection.execute(
        statement(
            f"INSERT INTO tag_history ({kept}, replaced_at, replaced_by) SELECT {listed}, {w.now}, {_number(run)} "
            f"FROM {source} JOIN tag ON {_SAME}"
        ),
        rows,
    )
    connection.execute(
        statement(
            # by the key of each pair: an EXISTS would look at all tags there are
            f"DELETE FROM tag WHERE rowid IN (SELECT tag.rowid FROM {source} CROSS JOIN tag ON {_SAME})"
            if w.name == "sqlite"
            else f"DELETE FROM tag USING {source} WHERE {_SAME}"
        ),
        rows,
    )


def _rows(result: Tagged, origin: str) -> list[tuple[object, ...]]:
    posting, revision, artifacts = result.job.subject, result.job.revision, result.artifacts
    return [
        (posting, tag.taxonomy, tag.code, revision, round(tag.score, 4), tag.sure, origin, artifacts[tag.taxonomy],
         tag.evidence)
        for tag in result.tags
    ]  # fmt: skip


def _told(tags: Sequence[Tag]) -> dict[str, list[tuple[str, float, bool]]]:
    """Return what the outbox tells of a posting: by taxonomy its tags."""
    told: dict[str, list[tuple[str, float, bool]]] = {}
    for tag in tags:
        told.setdefault(tag.taxonomy, []).append((tag.code, round(tag.score, 4), tag.sure))
    return told


def _number(run: int | None) -> str:
    return "CAST(NULL AS bigint)" if run is None else str(int(run))
