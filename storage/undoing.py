"""Undo a run that tagged again: bring back what stood before, byte for byte, wherever nothing else has changed since.

Undoing is itself a run. A piece is one transaction: tags, history, outbox and checkpoint. Postings are locked as ingest
locks them, so an edit comes either before (and is left alone) or after (and is tagged as ever).
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from metier.errors import Rejected
from storage import retag_runs, telling
from storage.dialect import as_ids, as_rows, statement, words
from storage.jobs import ended
from storage.retag_runs import Run

PIECE = 1_000
"""Postings in one transaction."""
LEFT = ("revision", "person", "run")
"""Why tags are left as they are: another revision, a person, a later run or tagging has had its say since."""
_TAG = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"
_PAIR = "posting_id = r.posting_id AND {0}.taxonomy = r.taxonomy"


def begin(connection: Connection, run: int, *, by: str) -> int:
    """Call off what is open of a run and write down its undoing; return the number of that, begun before or now."""
    held = retag_runs.hold(connection, run)
    if held.kind != retag_runs.RETAG:
        raise Rejected(f"run {run} is an undoing itself: apply again with `metier retag`")
    if held.state == retag_runs.UNDOING or (
        held.state == retag_runs.UNDONE and not _postings(connection, run, after=0, most=1)
    ):
        return _latest(connection, run)
    retag_runs.refuse_overlap(connection, held.taxonomies, but=run)
    w = words(connection)
    for column in ("run_at", "lease_until"):
        connection.execute(
            statement(
                f"UPDATE job SET {ended(w.now)}, cause = 'run undone' "
                f"WHERE {column} IS NOT NULL AND task = 'tag' AND purpose = :purpose"
            ),
            {"purpose": retag_runs.purpose(run)},
        )
    total = connection.execute(
        statement("SELECT count(DISTINCT posting_id) FROM retagged WHERE run_id = :run AND undone_by IS NULL"),
        {"run": run},
    ).scalar_one()
    retag_runs.turn(connection, run, retag_runs.UNDOING)
    params = {"run": run, "taxonomies": held.taxonomies, "by": by}
    return retag_runs.add(connection, retag_runs.UNDO, retag_runs.UNDOING, params=params, total=int(total))


def step(connection: Connection, undo: int, *, piece: int = PIECE) -> bool:
    """Undo the next piece; return whether there may be more."""
    held = retag_runs.hold(connection, undo)
    if held.state != retag_runs.UNDOING:
        return False
    after = int(held.checkpoint.get("after", 0))
    ids = _postings(connection, held.undoes, after=after, most=piece)
    if not ids:
        retag_runs.turn(connection, undo, retag_runs.DONE)
        retag_runs.turn(connection, held.undoes, retag_runs.UNDONE)
        return False
    w = words(connection)
    connection.execute(
        statement(f"SELECT id FROM posting WHERE id {w.among} ORDER BY id {w.lock}"), {"ids": as_ids(ids)}
    ).all()
    verdicts = _verdicts(connection, held.undoes, ids)
    restored = [pair for pair, left in verdicts.items() if not left]
    _restore(connection, held, restored)
    telling.tagged(connection, [posting for posting, _ in restored])
    counts = Counter({**dict(held.checkpoint.get("left", {})), "restored": int(held.checkpoint.get("restored", 0))})
    counts.update(left or "restored" for left in verdicts.values())
    retag_runs.move(
        connection, undo, done=held.done + len(ids),
        checkpoint={
            "after": ids[-1], "restored": counts["restored"],
            "left": {why: counts[why] for why in LEFT if counts[why]},
        },
    )  # fmt: skip
    return True


def _latest(connection: Connection, run: int) -> int:
    found = next(
        (other for other in retag_runs.listed(connection, most=100_000) if other.params.get("run") == run), None
    )
    if found is None:
        raise Rejected(f"run {run} was undone, and its undoing is no longer known")
    return found.id


def _postings(connection: Connection, run: int, *, after: int, most: int) -> list[int]:
    """Return the next postings with something that the run replaced and nobody brought back."""
    return list(
        connection.execute(
            statement(
                "SELECT DISTINCT posting_id FROM retagged WHERE run_id = :run AND undone_by IS NULL "
                "AND posting_id > :after ORDER BY posting_id LIMIT :most"
            ),
            {"run": run, "after": after, "most": most},
        ).scalars()
    )


def _verdicts(connection: Connection, run: int, ids: Sequence[int]) -> Mapping[tuple[int, str], str]:
    """Return of each posting and taxonomy why it is left alone, empty where it is not."""
    pair = "{0}.posting_id = m.posting_id AND {0}.taxonomy = m.taxonomy"
    stands, was = pair.format("t"), pair.format("h")
    found = connection.execute(
        statement(
            "SELECT m.posting_id, m.taxonomy, CASE WHEN p.revision <> m.revision THEN 'revision' "
            f"WHEN EXISTS (SELECT 1 FROM tag t WHERE {stands} AND t.origin = 'person') THEN 'person' "
            f"WHEN EXISTS (SELECT 1 FROM tag t WHERE {stands} AND t.run_id IS DISTINCT FROM :run) "
            # nothing stands: either the run gave no tag, or somebody took away what it gave
            f"OR NOT EXISTS (SELECT 1 FROM tag t WHERE {stands}) AND EXISTS "
            f"(SELECT 1 FROM tag_history h WHERE {was} AND h.run_id = :run) THEN 'run' ELSE '' END "
            "FROM retagged m JOIN posting p ON p.id = m.posting_id WHERE m.run_id = :run AND m.undone_by IS NULL "
            f"AND m.posting_id {words(connection).among} ORDER BY m.posting_id, m.taxonomy"
        ),
        {"run": run, "ids": as_ids(ids)},
    )
    return {(posting, taxonomy): left for posting, taxonomy, left in found}


def _restore(connection: Connection, undo: Run, pairs: Sequence[tuple[int, str]]) -> None:
    if not pairs:
        return
    w = words(connection)
    source = w.rows(posting_id="bigint", taxonomy="text")
    values = {
        "rows": as_rows([{"posting_id": posting, "taxonomy": taxonomy} for posting, taxonomy in pairs]),
        "run": undo.undoes,
        "undo": undo.id,
        "ids": as_ids(sorted({posting for posting, _ in pairs})),
    }
    present = ", ".join(f"t.{name}" for name in _TAG.split(", "))
    former = ", ".join(f"h.{name}" for name in _TAG.split(", "))
    for sql in (
        f"INSERT INTO tag_history ({_TAG}, replaced_at, replaced_by) SELECT {present}, {w.now}, :undo "
        f"FROM {source} JOIN tag t ON t.{_PAIR.format('t')}",
        f"DELETE FROM tag WHERE rowid IN (SELECT tag.rowid FROM {source} CROSS JOIN tag ON tag.{_PAIR.format('tag')})"
        if w.name == "sqlite"
        else f"DELETE FROM tag USING {source} WHERE tag.{_PAIR.format('tag')}",
        f"INSERT INTO tag ({_TAG}) SELECT {former} FROM {source} JOIN tag_history h ON h.{_PAIR.format('h')} "
        "AND h.replaced_by = :run",
        # not UPDATE … FROM, for which SQLite would look at all rows of the run
        f"UPDATE retagged SET undone_by = :undo WHERE run_id = :run AND posting_id {w.among} "
        f"AND (posting_id, taxonomy) IN (SELECT r.posting_id, r.taxonomy FROM {source})",
    ):
        taken = {name: value for name, value in values.items() if f":{name}" in sql}
        connection.execute(statement(sql), taken)
