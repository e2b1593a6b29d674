"""Replace the tags of postings: the old ones go to the history, the event to the outbox, a person's tag stays."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import Connection

from metier.answer import Answer
from metier.types import Claimed, Origin, Tag
from storage.dialect import as_ids, as_rows, moment, pour, spread, statement, words
from storage.insertion import hopefully

_TAG = {
    "posting_id": "bigint", "taxonomy": "text", "code": "text", "revision": "int", "score": "double precision",
    "sure": "boolean", "artifact": "text", "evidence": "line",
}  # fmt: skip
_EVENT = {"posting_id": "bigint", "revision": "int", "payload": "line"}
_SAME = (
    "tag.posting_id = r.posting_id AND tag.taxonomy = r.taxonomy AND tag.origin <> 'person' "
    "AND tag.revision <= r.revision"
)
_NO_PERSONS_TAG = (
    "NOT EXISTS (SELECT 1 FROM tag t WHERE t.posting_id = r.posting_id AND t.taxonomy = r.taxonomy "
    "AND t.origin = 'person')"
)


_ONCE = "ON CONFLICT (posting_id, taxonomy, code) DO NOTHING"


@dataclass(frozen=True, slots=True)
class Tagged:
    """A claimed job with the tags that it brought, and which artifact gave those of each taxonomy.

    Its cells are made with it and not while they are written, when on SQLite all others wait.
    """

    job: Claimed
    tags: Sequence[Tag]
    artifacts: Mapping[str, str]
    rows: Sequence[tuple[Any, ...]] = field(init=False, repr=False, compare=False)  # Any: cells in the order of _TAG
    event: tuple[int, int, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        answer, subject, revision, artifacts = Answer.of(self.tags), self.job.subject, self.job.revision, self.artifacts
        evidence = iter(answer.evidence)
        rows = [
            # SQLite's driver looks for a way to write a boolean, each time
            (subject, taxonomy, code, revision, score, 1 if sure else 0, artifacts[taxonomy], next(evidence))
            for taxonomy, said in answer.said.items()
            for code, score, sure in said
        ]
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "event", (subject, revision, answer.told))

    def only(self, taxonomies: Container[str]) -> "Tagged":
        """Return what was said in these taxonomies."""
        return Tagged(
            self.job,
            Answer.of(self.tags).only(taxonomies),
            {name: artifact for name, artifact in self.artifacts.items() if name in taxonomies},
        )


def replace(
    connection: Connection, results: Sequence[Tagged], *, origin: Origin = Origin.MODEL, run: int | None = None
) -> None:
    """Make these tags the present truth of their postings, and tell the readers of the outbox."""
    _tell(connection, write(connection, results, origin=origin, run=run))


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
    _insert(connection, results, origin=origin, run=run, guarded=bool(before))
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


def _insert(
    connection: Connection, results: Sequence[Tagged], *, origin: Origin, run: int | None, guarded: bool
) -> None:
    rows = list(chain.from_iterable([result.rows for result in results]))
    if not rows:
        return
    names = ", ".join(_TAG)
    into = f"INSERT INTO tag ({names}, origin, run_id, tagged_at)"
    rest = f"'{origin.value}', {_number(run)}"
    if words(connection).name == "postgresql":
        w = words(connection)
        item, values = spread(_TAG, list(zip(*rows, strict=True)))
        insert = f"{into} SELECT {names}, {rest}, {w.now} FROM {item} WHERE"
        if guarded:
            connection.execute(statement(f"{insert} {_NO_PERSONS_TAG} {_ONCE}"), values)
        else:  # only a person who speaks at this very moment can be there before
            hopefully(connection, f"{insert} true", values, careful=f"{insert} true {_ONCE}")
    elif guarded:
        cells = ", ".join(f"? AS {name}" for name in _TAG)
        connection.exec_driver_sql(
            f"{into} SELECT {names}, {rest}, '{moment(connection)}' FROM (SELECT {cells}) AS r "
            f"WHERE {_NO_PERSONS_TAG} {_ONCE}",
            rows,
        )
    else:
        marks = ", ".join("?" * len(_TAG))
        pour(connection, into, f"{marks}, {rest}, '{moment(connection)}'", rows, once=_ONCE)


def _tell(connection: Connection, results: Sequence[Tagged]) -> None:
    """Write the events that tell the world of these tags."""
    if not results:
        return
    events = [result.event for result in results]
    names = ", ".join(_EVENT)
    into = f"INSERT INTO outbox ({names}, kind, at)"
    w = words(connection)
    if w.name == "postgresql":
        item, values = spread(_EVENT, list(zip(*events, strict=True)))
        connection.execute(statement(f"{into} SELECT {names}, 'tagged', {w.now} FROM {item}"), values)
    else:
        pour(connection, into, f"?, ?, ?, 'tagged', '{moment(connection)}'", events)


def _number(run: int | None) -> str:
    return "CAST(NULL AS bigint)" if run is None else str(int(run))
