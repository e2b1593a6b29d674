"""Postings that their source no longer advertises: marked with when that was seen, never deleted."""

from collections.abc import Collection

from sqlalchemy import Connection

from storage.dialect import as_rows, statement, words


def mark(connection: Connection, source: str, keys: Collection[str]) -> int:
    """Mark these postings of a source as gone; return how many were there until now."""
    w = words(connection)
    return connection.execute(
        statement(
            f"UPDATE posting SET gone_at = {w.now} WHERE source = :source AND gone_at IS NULL "
            f"AND source_key IN (SELECT r.source_key FROM {w.rows(source_key='text')})"
        ),
        {"source": source, "rows": _rows(keys)},
    ).rowcount


def keep_only(connection: Connection, source: str, keys: Collection[str]) -> int:
    """Mark all postings of a source but these as gone, and these as there; return how many changed."""
    w = words(connection)
    values = {"source": source, "rows": _rows(keys)}
    listed = f"source_key IN (SELECT r.source_key FROM {w.rows(source_key='text')})"
    changed = 0
    for new, was, which in ((w.now, "NULL", f"NOT {listed}"), ("NULL", "NOT NULL", listed)):
        changed += connection.execute(
            statement(f"UPDATE posting SET gone_at = {new} WHERE source = :source AND gone_at IS {was} AND {which}"),
            values,
        ).rowcount
    return changed


def _rows(keys: Collection[str]) -> str:
    return as_rows([{"source_key": key} for key in sorted(keys)])
