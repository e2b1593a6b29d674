"""One artifact of a name serves at a time, and of two who change that at once only one succeeds."""

from collections.abc import Iterator

import pytest

from metier.errors import ConfigError
from storage import artifacts, engine
from storage.engine import Engine, reading, transaction


@pytest.fixture
def connected(database: str) -> Iterator[Engine]:
    made = engine.create(database)
    yield made
    made.dispose()


def test_what_the_installation_brings_serves_only_where_nothing_does(connected: Engine) -> None:
    with transaction(connected) as connection:
        assert artifacts.adopt(connection, {"seniority": "a", "department": "b"}) == ["seniority", "department"]
        assert artifacts.adopt(connection, {"seniority": "newer", "career": "c"}) == ["career"]
    with reading(connected) as connection:
        assert artifacts.champions(connection) == {"career": "c", "department": "b", "seniority": "a"}
        states = {(known.digest, known.state) for known in artifacts.listed(connection, "seniority")}
        assert states == {("a", "champion"), ("newer", "candidate")}


def test_an_artifact_is_promoted_only_over_the_champion_that_was_looked_at(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "a"})
        for digest in ("b", "c"):
            assert artifacts.register(connection, "seniority", digest, metrics={"accuracy": 0.9})
        assert artifacts.promote(connection, "seniority", "b", expected="a", by="ann", reason="better")
        assert not artifacts.promote(connection, "seniority", "c", expected="a", by="bob")
    with reading(connected) as connection:
        assert artifacts.champions(connection) == {"seniority": "b"}
        known = {artifact.digest: artifact for artifact in artifacts.listed(connection)}
    assert {digest: artifact.state for digest, artifact in known.items()} == {
        "a": "retired", "b": "champion", "c": "candidate",
    }  # fmt: skip
    assert (known["b"].changed_by, known["b"].reason, known["b"].metrics) == ("ann", "better", {"accuracy": 0.9})
    assert known["b"].changed_at.tzinfo is not None


def test_registering_twice_changes_nothing(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "a"})
        assert not artifacts.register(connection, "seniority", "a", metrics={"accuracy": 0.1})
        assert artifacts.listed(connection)[0].state == "champion"


def test_what_is_not_registered_cannot_serve(connected: Engine) -> None:
    with transaction(connected) as connection, pytest.raises(ConfigError, match="metier artifacts list"):
        artifacts.promote(connection, "seniority", "unknown", expected=None)
