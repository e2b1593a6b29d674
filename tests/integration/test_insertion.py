"""An INSERT that hopes for new rows leaves what is there already, and tells any other fault."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.engine import Connection, Engine, transaction
from storage.insertion import hopefully

INTO = (
    "INSERT INTO artifact (name, digest, state, metrics, made_at, changed_at, changed_by, reason) "
    "SELECT 'seniority', d, :state, '{}', '2026-01-01 00:00:00', '2026-01-01 00:00:00', '', ''"
)
CLASH = "ON CONFLICT (name, digest) DO NOTHING"


@pytest.fixture(autouse=True)
def _a_row(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert(connection, "'old'", "champion")


def insert(connection: Connection, digests: str, state: str = "candidate") -> list[str]:
    into = f"{INTO} FROM (SELECT {digests} AS d) AS r WHERE true"
    found = hopefully(
        connection, f"{into} RETURNING digest", {"state": state}, careful=f"{into} {CLASH} RETURNING digest"
    )
    return list(found.scalars())


def states(engine: Engine) -> dict[str, str]:
    with transaction(engine) as connection:
        return {row.digest: row.state for row in connection.execute(text("SELECT digest, state FROM artifact"))}


def test_a_new_row_is_written_and_returned(engine: Engine) -> None:
    with transaction(engine) as connection:
        assert insert(connection, "'new'") == ["new"]
    assert states(engine) == {"old": "champion", "new": "candidate"}


def test_a_row_that_is_there_stays_beside_new_ones_and_the_transaction_goes_on(engine: Engine) -> None:
    with transaction(engine) as connection:
        insert(connection, "'before'")
        assert insert(connection, "'new' AS d UNION ALL SELECT 'old'") == ["new"]
        insert(connection, "'after'")
    assert states(engine) == {"old": "champion", **dict.fromkeys(("before", "new", "after"), "candidate")}


def test_what_is_wrong_in_another_way_is_raised(engine: Engine) -> None:
    with pytest.raises(IntegrityError), transaction(engine) as connection:
        insert(connection, "CAST(NULL AS text)")
    assert states(engine) == {"old": "champion"}
