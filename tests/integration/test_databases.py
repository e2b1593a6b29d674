"""A test that asks for a database gets one with all tables and no rows, on both engines."""

import time

from sqlalchemy import inspect, text

from storage import engine
from tests.servers import Postgres


def test_a_database_has_all_tables_on_both_engines(database: str) -> None:
    connected = engine.create(database)
    tables = set(inspect(connected).get_table_names())
    connected.dispose()
    assert {"posting", "job", "tag", "outbox"} <= tables


def test_a_connection_that_rested_is_asked_and_replaced_when_its_server_was_restarted() -> None:
    with Postgres() as server:
        connected = engine.create(server.database())
        for _ in range(2):
            with engine.single(connected) as connection:
                assert connection.execute(text("SELECT 1")).scalar_one() == 1
            server.stop()
            server.start()
            time.sleep(1.1)
        connected.dispose()
