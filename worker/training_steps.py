"""The steps of a training: snapshot, label-noise check, training, measuring, gate. Whatever is written is fenced.

Each step can be done again: the snapshot is read anew, and what was trained is an artifact that the run points to. A
run that died goes on behind the artifact, or starts the step that it died in again.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from metier.errors import ArtifactDamaged, ConfigError, MetierError
from pipelines import artifact, bundle, label_noise, serving, snapshot, training, tuning
from pipelines.artifact import Artifact
from pipelines.encoding import encoder
from pipelines.encoding.own import Own
from pipelines.gate import Bounds, Outcome
from pipelines.label_noise import NoCheck
from pipelines.recipe import Vectors
from pipelines.snapshot import Brought, Snapshot
from pipelines.taggers import Plugin
from pipelines.train import CORRECTIONS
from pipelines.training import Lesson
from pipelines.tuning import Workshop
from storage import artifacts, examples, run_examples, run_leases, runs
from storage.engine import Connection, Engine, reading, transaction
from storage.run_leases import Lease
from worker import judging
from worker.judging import Judged

STEPS = ("snapshot", "label noise", "training", "measuring", "gate")

_SUSPECTS_KEPT = 200

Json = Mapping[str, Any]  # any JSON


class Overtaken(MetierError):
    """Another process executes this run now; whatever this one has found is its own business."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a run is asked for; its parameters as they lie in the database."""

    taxonomy: str
    head: str = training.OWN
    seed: int = 0
    relabel: float = 0.0
    promote: bool = True
    by: str = ""
    files: tuple[str, ...] = ()
    corrections: float = CORRECTIONS

    @classmethod
    def of(cls, params: Json) -> "Order":
        """Read the parameters of a run."""
        return cls(**{**params, "files": tuple(params.get("files", ()))})

    def params(self) -> dict[str, Any]:  # JSON
        """Return the parameters as they are kept."""
        return asdict(self)

    def asks_the_same(self, other: "Order") -> bool:
        """Tell whether another one asks for the very same, whoever asks; a file may be another under its name."""
        return not self.files and replace(self, by="") == replace(other, by="")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a training happens, and with what."""

    engine: Engine
    root: Path
    threads: int
    bounds: Bounds
    clock: Callable[[], datetime]
    workshop: Workshop
    plugins: Mapping[str, Plugin] = field(default_factory=dict)


class Record:
    """Writes of one run, each only while its fence stands."""

    def __init__(self, engine: Engine, held: Lease) -> None:
        self._engine = engine
        self.held = held

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Run a transaction in which the job is ours, or raise Overtaken."""
        with transaction(self._engine) as connection:
            if not run_leases.hold(connection, self.held):
                raise Overtaken(f"run {self.held.run} is executed elsewhere now")
            yield connection

    def step(self, number: int) -> None:
        """Note that a step begins."""
        with self.writing() as connection:
            runs.note(connection, self.held.run, step=STEPS[number], done=number, total=len(STEPS))
            runs.say(connection, self.held.run, f"{number + 1}/{len(STEPS)} {STEPS[number]}")

    def say(self, line: str) -> None:
        """Append a line to the log."""
        with self.writing() as connection:
            runs.say(connection, self.held.run, line)


def train(place: Place, record: Record) -> Json:
    """Do all steps and return what came of them; the caller writes it down with the end of the run."""
    with record.writing() as connection:
        runs.begin(connection, record.held.run)
        run = runs.get(connection, record.held.run)
    assert run is not None  # noqa: S101  its job is held
    order = Order.of(run.params)
    lesson = training.lesson(
        _plugin(place, order.taxonomy), head=order.head, seed=order.seed, corrections=order.corrections
    )

    record.step(0)
    taken, fingerprint, own = _snapshot(place, record, order, lesson)
    vectors = _vectors(place, lesson)
    encoder_key = tuning.key(lesson.head, place.workshop) if lesson.tunes else ""
    key = lesson.key(taken, vectors.artifact.digest if vectors else encoder_key)
    found = _made(place, order.taxonomy, key)
    doubts: Json = {"suspects": [], "doubted": 0}
    if run.checkpoint.get("key") == key:
        doubts = {**doubts, **{name: run.checkpoint[name] for name in doubts if name in run.checkpoint}}
    if found is None:
        record.step(1)
        doubts = _doubts(record, taken, lesson, vectors)
        record.step(2)
        told = {"suspects": doubts["doubted"]}
        with _encoder(place, record, lesson, taken, vectors) as sight:
            found = training.candidate(
                lesson, taken, place.root, key=key, vectors=sight, told=told, now=place.clock()
            )  # fmt: skip
        with record.writing() as connection:
            artifacts.register(
                connection, found.name, found.digest, metrics=found.manifest.metrics, by=order.by or "training",
                reason=f"run {record.held.run}",
            )  # fmt: skip
            runs.mark(connection, record.held.run, {"key": key, "artifact": found.digest, **doubts})
            runs.say(connection, record.held.run, f"made {found.name}@{found.digest[:12]}")
    else:
        record.say(f"the same examples, head and seed made {found.name}@{found.digest[:12]} already")
    outcome: dict[str, Any] = {  # JSON
        "artifact": found.digest, "fingerprint": fingerprint, "own": own, "examples": dict(taken.counts),
        "metrics": dict(found.manifest.metrics), **doubts,
    }  # fmt: skip
    return {**outcome, **_judge(place, record, order, found)}


def _judge(place: Place, record: Record, order: Order, found: Artifact) -> Json:
    record.step(3)
    with record.writing() as connection:
        artifacts.adopt(connection, artifact.bundled(place.root))  # so that what serves unwritten can be returned to
        serves = artifacts.champions(connection).get(found.name)
    if serves == found.digest:
        record.say("it serves already: nothing changed")
        return {"verdict": "serves already", "reasons": [], "promoted": False}
    judged = judging.judge(
        place.engine, place.root, _plugin(place, order.taxonomy), found.digest, threads=place.threads,
        bounds=place.bounds,
    )  # fmt: skip
    record.step(4)
    with record.writing() as connection:
        verdict = judged.keep(connection, run=record.held.run)
        promoted = _promote(connection, judged, order, verdict, record.held.run)
        for reason in judged.judgement.reasons:
            runs.say(connection, record.held.run, f"{judged.judgement.outcome}: {reason}")
    return {
        "verdict": judged.judgement.outcome.value, "verdict_id": verdict, "promoted": promoted,
        "reasons": list(judged.judgement.reasons), "figures": dict(judged.judgement.figures),
    }  # fmt: skip


def _promote(connection: Connection, judged: Judged, order: Order, verdict: int, run: int) -> bool:
    """Let a candidate serve that passed, unless somebody moved the champion meanwhile."""
    if judged.judgement.outcome is not Outcome.PASSED or not order.promote:
        return False
    return artifacts.promote(
        connection, judged.name, judged.digest, expected=judged.champion or None, by="gate",
        reason=f"run {run}: {judged.judgement.reasons[0]}", verdict=verdict,
    )  # fmt: skip


def _snapshot(place: Place, record: Record, order: Order, lesson: Lesson) -> tuple[Snapshot, str, int]:
    with reading(place.engine) as connection:
        kept = examples.all_of(connection, order.taxonomy)
        given, never = run_examples.of(connection, record.held.run, order.taxonomy)
        fingerprint, own = examples.fingerprint(connection, order.taxonomy)
    from_files = [Brought(one.key, one.example, one.place) for one in given]
    if order.relabel:
        from_files, changed = snapshot.relabelled(from_files, bundle.convention(lesson.folder), least=order.relabel)
        record.say(f"{changed:,} of {len(from_files):,} examples of files got the label of the convention")
    measuring = {one.key for one in kept if one.split != examples.TRAIN}
    training_rows = [Brought(one.key, one.example) for one in kept if one.split == examples.TRAIN]
    taken = snapshot.take(lesson.folder, [*training_rows, *from_files], never=measuring | never)
    record.say(", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in taken.counts.items()))
    return taken, fingerprint, own


def _doubts(record: Record, taken: Snapshot, lesson: Lesson, vectors: Vectors | None) -> Json:
    """Return how many examples may have a wrong label, and the worst of them."""
    try:
        # an encoder that is yet to be tuned cannot help to find wrong labels: n-grams do it
        mixture = replace(lesson.mixture, vectors=0.0) if lesson.tunes else lesson.mixture
        found = label_noise.check(taken, lesson.taxonomy, mixture, encoder=vectors.encoder if vectors else None)
    except NoCheck as reason:
        record.say(f"label noise not looked for: {reason}")
        return {"suspects": [], "doubted": 0}
    record.say(f"{len(found):,} of {len(taken.brought):,} examples may have a wrong label")
    return {"suspects": [asdict(suspect) for suspect in found[:_SUSPECTS_KEPT]], "doubted": len(found)}


def _vectors(place: Place, lesson: Lesson) -> Vectors | None:
    if lesson.tunes or not lesson.mixture.vectors:
        return None
    with reading(place.engine) as connection:
        digests = {**artifact.bundled(place.root), **artifacts.champions(connection)}
    found = artifact.find(place.root, serving.ENCODER, digests.get(serving.ENCODER, ""))
    return Vectors(found, encoder.load(found.folder, threads=place.threads))


@contextmanager
def _encoder(
    place: Place, record: Record, lesson: Lesson, taken: Snapshot, shared: Vectors | None
) -> Iterator[Vectors | Own | None]:
    """Lend what the head reads vectors with: the shared encoder, or one that is tuned for it now."""
    if not lesson.tunes:
        yield shared
        return
    with tuning.tuned(lesson, taken, place.workshop, tell=record.say) as own:
        yield own


def _made(place: Place, name: str, key: str) -> Artifact | None:
    """Return a sound artifact that was made from the very same, so that nothing is made twice."""
    with reading(place.engine) as connection:
        known = artifacts.listed(connection, name)
    for one in known:
        try:
            folder = artifact.folder_of(place.root, name, one.digest)
            if artifact.read_manifest(folder).data_digest == key:
                return artifact.find(place.root, name, one.digest)
        except ArtifactDamaged:
            continue
    return None


def _plugin(place: Place, name: str) -> Plugin:
    if name not in place.plugins:
        raise ConfigError(f"no tagger for the taxonomy {name!r}: choose from {', '.join(place.plugins)}")
    return place.plugins[name]
