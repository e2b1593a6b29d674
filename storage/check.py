"""Is the database sound, beyond having the right schema."""

import sqlite3

from storage.dialect import statement
from storage.engine import Engine, damaged, reading

_SHOWN = 5


def sound(engine: Engine) -> None:
    """Raise DatabaseDamaged with what is wrong; on SQLite every page is read."""
    problems = _pages(engine) + _rules(engine)
    if problems:
        raise damaged("; ".join(problems[:_SHOWN]))


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite library in use."""
    return sqlite3.sqlite_version_info


def _pages(engine: Engine) -> list[str]:
    if engine.dialect.name != "sqlite":
        return []
    with reading(engine) as connection:
        found = [str(row[0]) for row in connection.execute(statement("PRAGMA quick_check(20)"))]
        loose = connection.execute(statement("PRAGMA foreign_key_check")).all()
    return [line for line in found if line != "ok"] + ([f"{len(loose)} rows without their posting"] if loose else [])


def _rules(engine: Engine) -> list[str]:
    """Look for what our own transactions never leave behind."""
    questions = {
        "open jobs without a time": "SELECT count(*) FROM job WHERE state = 'ready' AND run_at IS NULL",
        "held jobs without a lease": "SELECT count(*) FROM job WHERE state = 'leased' AND lease_until IS NULL",
        "tags newer than their posting": (
            "SELECT count(*) FROM tag JOIN posting p ON p.id = tag.posting_id WHERE tag.revision > p.revision"
        ),
        "clusters without their first posting": (
            "SELECT count(*) FROM signature s WHERE NOT EXISTS "
            "(SELECT 1 FROM signature f WHERE f.posting_id = s.cluster_id AND f.cluster_id = s.cluster_id)"
        ),
        "artifacts serving unregistered": (
            "SELECT count(*) FROM champion c WHERE NOT EXISTS "
            "(SELECT 1 FROM artifact a WHERE a.name = c.name AND a.digest = c.digest)"
        ),
    }
    with reading(engine) as connection:
        counts = {what: int(connection.execute(statement(sql)).scalar_one()) for what, sql in questions.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]
