"""A test that asks for a database gets one with all tables and no rows, on both engines."""

from sqlalchemy import inspect

from storage import engine


def test_a_database_has_all_tables_on_both_engines(database: str) -> None:
    connected = engine.create(database)
    tables = set(inspect(connected).get_table_names())
    connected.dispose()
    assert {"posting", "job", "tag", "outbox"} <= tables
