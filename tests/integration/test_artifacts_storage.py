"""One artifact of a name serves at a time, and of two who change that at once only one succeeds."""

import pytest

from metier.errors import ConfigError
from storage import artifact_moves, artifacts
from storage.engine import Engine, reading, transaction


def test_a_newer_installation_serves_where_nobody_chose_what_served(connected: Engine) -> None:
    with transaction(connected) as connection:
        assert artifacts.adopt(connection, {"seniority": "a", "department": "b"}) == ["seniority", "department"]
        assert artifacts.adopt(connection, {"seniority": "newer", "career": "c"}) == ["seniority", "career"]
        assert artifacts.adopt(connection, {"seniority": "newer", "career": "c"}) == []
    with reading(connected) as connection:
        assert artifacts.champions(connection) == {"career": "c", "department": "b", "seniority": "newer"}
        states = {(known.digest, known.state) for known in artifacts.listed(connection, "seniority")}
        assert states == {("a", "retired"), ("newer", "champion")}


def test_an_older_installation_beside_a_newer_one_takes_nothing_back(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "old"})
        artifacts.adopt(connection, {"seniority": "new"})
        assert artifacts.adopt(connection, {"seniority": "old"}) == []
        assert artifacts.champions(connection) == {"seniority": "new"}


def test_what_a_person_or_the_gate_chose_stays_and_the_newer_one_waits_as_a_candidate(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "a"})
        artifacts.register(connection, "seniority", "mine")
        artifacts.promote(connection, "seniority", "mine", expected="a", by="ann")
        assert artifacts.adopt(connection, {"seniority": "newer"}) == []
        assert artifacts.champions(connection) == {"seniority": "mine"}
        assert {known.digest: known.state for known in artifacts.listed(connection)}["newer"] == "candidate"


def test_a_new_encoder_changes_no_head_while_another_head_was_taught_with_the_old_one(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"encoder": "e1", "career": "c1", "seniority": "s1"})
        artifacts.register(connection, "career", "mine")
        artifacts.promote(connection, "career", "mine", expected="c1", by="ann")
        assert artifacts.adopt(connection, {"encoder": "e2", "career": "c2", "seniority": "s2"}) == []
        assert artifacts.champions(connection) == {"career": "mine", "encoder": "e1", "seniority": "s1"}


def test_every_move_is_kept_and_a_roll_back_leads_to_what_served_before(connected: Engine) -> None:
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "a"})
        for digest, before in (("b", "a"), ("c", "b")):
            artifacts.register(connection, "seniority", digest)
            artifacts.promote(connection, "seniority", digest, expected=before, by="ann", reason=f"{digest} is better")
        assert artifact_moves.before(connection, "seniority", "c") == "b"
        artifacts.promote(
            connection, "seniority", "b", expected="c", by="bob", how=artifact_moves.ROLLED_BACK, reason="c was wrong"
        )
        assert artifact_moves.before(connection, "seniority", "b") == "a"
        assert artifact_moves.before(connection, "seniority", "a") is None
        told = [(move.digest, move.before, move.how, move.by) for move in artifact_moves.of(connection, "seniority")]
    assert told == [
        ("b", "c", "rolled back", "bob"),
        ("c", "b", "promoted", "ann"),
        ("b", "a", "promoted", "ann"),
        ("a", "", "adopted", "installation"),
    ]


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
