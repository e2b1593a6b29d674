"""A training makes a candidate that hangs on nothing but its examples, and the gate alone lets it serve."""

from dataclasses import replace
from pathlib import Path

import pytest

from metier.errors import ArtifactDamaged
from metier.example_keys import key
from metier.types import Origin
from pipelines import artifact, serving
from storage import artifact_moves, artifacts, run_examples, runs, verdicts
from storage.engine import Engine, transaction
from storage.run_examples import Given
from tests.installed import artifacts as artifacts_of
from tests.integration.training_world import NAME, World, a_world, labelled
from worker import judging
from worker.training_steps import Order

PSEUDO = labelled(Origin.PSEUDO, 9)
GOLD = labelled(Origin.GOLD, 60, start=1000)


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return a_world(engine, tmp_path)


def test_with_too_few_labels_the_champion_stays_and_the_run_says_how_many_more(world: World) -> None:
    serves = world.install()
    world.bring(*labelled(Origin.REVIEWED, 20))
    run = world.train()
    assert (run.state, run.outcome["verdict"], run.outcome["promoted"]) == ("done", "cannot judge yet", False)
    assert "more labels needed" in run.outcome["reasons"][0]
    assert world.champion() == serves
    states = {one.digest: one.state for one in world.asked(artifacts.listed, NAME)}
    assert states == {serves: "champion", run.outcome["artifact"]: "candidate"}


def test_a_candidate_that_is_no_worse_serves_and_who_when_and_why_is_kept(world: World) -> None:
    serves = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    run = world.train()
    assert run.outcome["verdict"] == "passed", run.outcome
    assert world.champion() == run.outcome["artifact"] != serves
    move = world.asked(artifact_moves.of, NAME)[0]
    assert (move.before, move.how, move.by, move.verdict) == (serves, "promoted", "gate", run.outcome["verdict_id"])
    said = world.asked(verdicts.of, NAME)[0]
    assert (said.digest, said.champion, said.outcome, said.run) == (move.digest, serves, "passed", run.id)


def test_a_worse_candidate_is_refused(world: World) -> None:
    serves = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 300, right=False))
    run = world.train()
    assert (run.outcome["verdict"], run.outcome["promoted"]) == ("refused", False)
    assert any("may be worse" in reason for reason in run.outcome["reasons"])
    assert world.champion() == serves


def test_a_candidate_that_lost_a_label_is_refused(world: World) -> None:
    world.bring(*GOLD)
    serves = world.install()
    cooks = [one for one in labelled(Origin.SOURCE, 900, start=5000) if one.code == "food"]
    world.bring(*(replace(one, code="care") for one in cooks))
    run = world.train()
    assert run.outcome["verdict"] == "refused"
    assert any(reason.startswith("food falls") for reason in run.outcome["reasons"]), run.outcome["reasons"]
    assert world.champion() == serves


def test_the_same_examples_head_and_seed_make_the_same_artifact(world: World, tmp_path: Path) -> None:
    world.install()
    world.bring(*labelled(Origin.SOURCE, 40))
    first = world.train().outcome["artifact"]
    again = World(world.engine, tmp_path / "elsewhere", world.plugin)
    again.install()
    with transaction(world.engine) as connection:
        connection.exec_driver_sql("DELETE FROM artifact WHERE state = 'candidate'")
    assert again.train().outcome["artifact"] == first
    assert again.train(Order(NAME, seed=1)).outcome["artifact"] != first


def test_what_was_made_once_is_not_made_again(world: World) -> None:
    world.install()
    world.bring(*labelled(Origin.SOURCE, 40))
    first, second = world.train(), world.train()
    assert first.outcome["artifact"] == second.outcome["artifact"]
    steps = [line.text for line in world.asked(runs.log, second.id)]
    assert "3/5 training" in [line.text for line in world.asked(runs.log, first.id)]
    assert "3/5 training" not in steps
    assert any("already" in step for step in steps)


def test_what_a_run_was_given_of_files_trains_that_run_and_is_forgotten(world: World) -> None:
    world.install()
    given = tuple(Given(key(one.text), one, f"titles.csv line {at}") for at, one in enumerate(PSEUDO))
    run = world.train(given=given)
    assert run.outcome["examples"]["pseudo"] == 9
    assert world.asked(run_examples.of, run.id, NAME) == ([], set())
    assert "pseudo" not in world.train().outcome["examples"]


def test_gold_and_holdout_are_never_learnt_from(world: World) -> None:
    world.install()
    world.bring(*GOLD, *labelled(Origin.REVIEWED, 100))
    given = tuple(Given(key(one.text), replace(one, origin=Origin.SOURCE), "") for one in GOLD)
    counts = world.train(given=given).outcome["examples"]
    assert counts["held_back"] == len(GOLD)
    assert 50 < counts["reviewed"] < 90


def test_a_damaged_candidate_does_not_serve_and_one_that_is_made_again_is_whole(world: World) -> None:
    serves = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    digest = world.train(Order(NAME, promote=False)).outcome["artifact"]
    weights = artifact.folder_of(world.root, NAME, digest) / "head.safetensors"
    flipped = bytearray(weights.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    weights.write_bytes(flipped)
    with pytest.raises(ArtifactDamaged, match="does not match"):
        judging.judge(world.engine, world.root, world.plugin, digest, threads=1, bounds=world.bounds)
    assert world.champion() == serves
    assert world.train().outcome["artifact"] == digest
    assert artifact.find(world.root, NAME, digest)


def test_a_slow_candidate_is_refused(world: World, pytestconfig: pytest.Config) -> None:
    """A head that reads sentence vectors takes many times as long as one of n-grams."""
    installed = artifacts_of(pytestconfig)
    encoder = artifact.bundled(installed)[serving.ENCODER]
    (world.root / serving.ENCODER).mkdir(parents=True)
    artifact.folder_of(world.root, serving.ENCODER, encoder).symlink_to(
        artifact.folder_of(installed, serving.ENCODER, encoder)
    )
    artifact.set_bundled(world.root, serving.ENCODER, encoder)
    serves = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    run = world.train(Order(NAME, head="full"))
    assert run.outcome["verdict"] == "refused", run
    assert any("times the champion's time" in reason for reason in run.outcome["reasons"])
    assert world.champion() == serves


def test_a_candidate_is_left_one_where_that_was_asked_for(world: World) -> None:
    serves = world.install()
    world.bring(*GOLD, *labelled(Origin.SOURCE, 40))
    run = world.train(Order(NAME, promote=False))
    assert (run.outcome["verdict"], run.outcome["promoted"]) == ("passed", False)
    assert world.champion() == serves


def test_a_run_that_cannot_be_done_fails_with_the_reason(world: World) -> None:
    run = world.train(Order("nothing"))
    assert (run.state, run.error) == ("failed", "no tagger for the taxonomy 'nothing': choose from kind")
