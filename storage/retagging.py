"""What completing writes: the tags of first jobs as they are, those of a run only in the taxonomies of that run."""

from collections.abc import Sequence

from sqlalchemy import Connection

from metier.types import Claimed
from storage import retag_runs, tags, telling
from storage.dialect import as_ids, as_rows, statement, words
from storage.tags import Tagged


def lock(connection: Connection, results: Sequence[Tagged]) -> None:
    """Lock the postings that are tagged for another time, before their jobs are touched, as ingest does.

    Else a person's correction that comes at the same moment would not see the tags that replace those it replaces.
    """
    again = sorted({result.job.subject for result in results if result.job.purpose or result.job.revision > 1})
    w = words(connection)
    if again and w.lock:
        connection.execute(
            statement(f"SELECT id FROM posting WHERE id {w.among} ORDER BY id {w.lock}"), {"ids": as_ids(again)}
        ).all()


def replace(connection: Connection, results: Sequence[Tagged]) -> None:
    """Write the tags of completed jobs, each as what its job was made for."""
    by_run: dict[int | None, list[Tagged]] = {}
    for result in results:
        by_run.setdefault(retag_runs.of_purpose(result.job.purpose), []).append(result)
    if first := by_run.pop(None, []):
        tags.replace(connection, first)
    for run, group in sorted(by_run.items(), key=lambda item: item[0] or 0):
        _retag(connection, run or 0, group)


def _retag(connection: Connection, run: int, results: Sequence[Tagged]) -> None:
    wanted = retag_runs.taxonomies(connection, run)
    written = tags.write(connection, [result.only(wanted) for result in results], run=run)
    _mark(connection, run, [(result.job, taxonomy) for result in written for taxonomy in result.artifacts])
    telling.tagged(connection, [result.job.subject for result in written])


def _mark(connection: Connection, run: int, pairs: Sequence[tuple[Claimed, str]]) -> None:
    """Note what the run replaced; where a person has spoken it replaced nothing."""
    source = words(connection).rows(posting_id="bigint", taxonomy="text", revision="int")
    connection.execute(
        statement(
            "INSERT INTO retagged (run_id, posting_id, taxonomy, revision) "
            "SELECT :run, r.posting_id, r.taxonomy, r.revision "
            f"FROM {source} WHERE NOT EXISTS (SELECT 1 FROM tag t "
            "WHERE t.posting_id = r.posting_id AND t.taxonomy = r.taxonomy AND t.origin = 'person') "
            "ON CONFLICT (run_id, posting_id, taxonomy) DO NOTHING"
        ),
        {
            "run": run,
            "rows": as_rows(
                [{"posting_id": job.subject, "taxonomy": taxonomy, "revision": job.revision} for job, taxonomy in pairs]
            ),
        },
    )
