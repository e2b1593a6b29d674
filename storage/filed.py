"""Which file a posting was last read in, so that what a file no longer holds is marked as gone."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from storage.dialect import as_rows, statement, words


@dataclass(frozen=True, slots=True)
class Filed:
    """Postings of one file in one state; `ended` says that with them the file is through: what else was in it is gone.

    A file that is no longer there has ended with no postings, in a state that no file has: "".
    """

    file: str
    state: str
    keys: Sequence[str]
    ended: bool


def note(connection: Connection, source: str, filed: Sequence[Filed]) -> int:
    """Note in which files these postings are; return how many others are gone from the files that have ended."""
    w = words(connection)
    rows = [
        {"source_key": key, "file": one.file, "state": one.state} for one in filed for key in dict.fromkeys(one.keys)
    ]
    if rows:
        connection.execute(
            statement(
                "INSERT INTO filed (posting_id, source, file, state) SELECT p.id, p.source, r.file, r.state FROM "
                f"{w.rows(source_key='text', file='text', state='text')} JOIN posting p "
                "ON p.source = :source AND p.source_key = r.source_key WHERE true "
                "ON CONFLICT (posting_id) DO UPDATE SET file = excluded.file, state = excluded.state"
            ),
            {"source": source, "rows": as_rows(rows)},
        )
    ended = [{"file": one.file, "state": one.state} for one in filed if one.ended]
    if not ended:
        return 0
    return connection.execute(
        statement(
            f"UPDATE posting SET gone_at = {w.now} WHERE gone_at IS NULL AND id IN (SELECT f.posting_id FROM "
            f"{w.rows(file='text', state='text')} JOIN filed f ON f.source = :source AND f.file = r.file "
            "WHERE f.state <> r.state)"
        ),
        {"source": source, "rows": as_rows(ended)},
    ).rowcount
