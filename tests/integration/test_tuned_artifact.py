"""A head with an encoder of its own is trained as a run, judged by the gate, and serves without torch."""

import subprocess
import sys
from pathlib import Path

import pytest

from metier.errors import ArtifactDamaged
from metier.types import Origin, Text
from pipelines import artifact, encoder, gate_load, head, own_encoder
from pipelines.tagger import Batch
from storage import artifact_moves, artifacts, runs
from storage.engine import Engine, transaction
from tests.integration import tiny_bert
from tests.integration.training_world import NAME, World, a_world, labelled
from worker.training_steps import Order

GOLD = labelled(Origin.GOLD, 60, start=1000)
BLOCKED = ("torch", "transformers", "sentence_transformers", "sklearn", "scipy", "onnx")
SERVE = f"""
import sys
for name in {BLOCKED}:
    sys.modules[name] = None
from pathlib import Path
from metier.types import Text
from pipelines import artifact, head
from pipelines.tagger import Batch
found = head.load(artifact.verify(Path(sys.argv[1])))
assert found.encoder is not None
print(*[tags[0].code for tags in found.tag(Batch([Text("nurse number1"), Text("developer number2")]))])
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    made = a_world(engine, tmp_path)
    made.model = str(tiny_bert.make(tmp_path / "tiny"))
    made.install()
    made.bring(*GOLD, *labelled(Origin.SOURCE, 60))
    return made


@pytest.mark.parametrize("name", ["finetuned", "fewshot"])
def test_it_is_trained_judged_and_serves_without_torch(world: World, name: str) -> None:
    serves = world.champion()
    run = world.train(Order(NAME, head=name))
    assert run.state == "done", run.error
    said = [line.text for line in world.asked(runs.log, run.id)]
    assert any(line.startswith("tuning") for line in said)
    assert run.outcome["verdict"] == "refused", run.outcome
    assert any("times the champion's time" in reason for reason in run.outcome["reasons"])
    assert world.champion() == serves
    place = artifact.folder_of(world.root, NAME, run.outcome["artifact"])
    manifest = artifact.read_manifest(place)
    assert {f"{own_encoder.FOLDER}/{encoder.MODEL}", head.WEIGHTS} <= manifest.files.keys()
    assert manifest.extra[own_encoder.EXTRA]["title_cosine_mean"] >= 0.99
    done = subprocess.run([sys.executable, "-c", SERVE, str(place)], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["care", "tech"], done.stderr[-2000:]


def test_what_was_tuned_is_asked_and_neither_tuned_again_nor_served_damaged(world: World) -> None:
    order = Order(NAME, head="fewshot", promote=False)
    digest = world.train(order).outcome["artifact"]
    again = world.train(order)
    assert again.outcome["artifact"] == digest
    assert not any(line.text.startswith("tuning") for line in world.asked(runs.log, again.id))
    found = head.load(artifact.find(world.root, NAME, digest))
    batch = Batch([Text("nurse number1")])
    assert found.encoder is not None
    assert found.vectors(batch) == pytest.approx(found.encoder.encode(["nurse number1"]))
    weights = artifact.folder_of(world.root, NAME, digest) / own_encoder.FOLDER / encoder.MODEL
    flipped = bytearray(weights.read_bytes())
    flipped[len(flipped) // 2] ^= 1
    weights.write_bytes(flipped)
    with pytest.raises(ArtifactDamaged, match="does not match"):
        gate_load.load(world.root, world.plugin, digest, threads=1)


def test_whoever_pays_the_time_lets_it_through_the_gate_and_can_go_back(world: World) -> None:
    serves = world.champion()
    world.slower = 1e6
    run = world.train(Order(NAME, head="finetuned"))
    assert run.outcome["verdict"] == "passed", run.outcome
    assert world.champion() == run.outcome["artifact"] != serves
    loaded = gate_load.load(world.root, world.plugin, world.champion(), threads=1)
    assert [tags[0].code for tags in loaded.tagger.tag(Batch([Text("nurse number1")]))] == ["care"]
    with transaction(world.engine) as connection:
        before = artifact_moves.before(connection, NAME, world.champion())
        assert before == serves
        assert artifacts.promote(
            connection, NAME, before, expected=world.champion(), how=artifact_moves.ROLLED_BACK, reason="back"
        )
    assert world.champion() == serves
