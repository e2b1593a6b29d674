"""Let the gate judge a candidate: load both, read what people labelled, measure, keep the verdict."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from metier.errors import ConfigError
from metier.settings import Settings
from metier.types import Example
from pipelines import artifact, gate, gate_load, gate_measure, snapshot, taxonomy
from pipelines.gate import Bounds, Judgement, Outcome
from pipelines.recipe import HeadRecipe
from pipelines.taggers import Plugin
from storage import artifacts, examples, verdicts
from storage.engine import Connection, Engine, reading


@dataclass(frozen=True, slots=True)
class Judged:
    """A judgement and the champion that it was made beside; empty where nothing served."""

    name: str
    digest: str
    champion: str
    judgement: Judgement

    def keep(self, connection: Connection, *, run: int | None = None) -> int:
        """Keep the verdict and return its number."""
        body = {"reasons": list(self.judgement.reasons), "figures": dict(self.judgement.figures)}
        outcome = self.judgement.outcome.value
        return verdicts.keep(
            connection, self.name, self.digest, champion=self.champion, outcome=outcome, body=body, run=run
        )


def judge(engine: Engine, root: Path, plugin: Plugin, digest: str, *, threads: int, bounds: Bounds) -> Judged:
    """Return what the gate says of an artifact beside the one that serves now."""
    candidate = gate_load.load(root, plugin, digest, threads=threads)
    with reading(engine) as connection:
        champions = artifacts.champions(connection)  # the caller has adopted what the installation brought
        own = [kept.example for kept in examples.all_of(connection, plugin.name, splits=_MEASURE)]
    champion = champions.get(plugin.name, "")
    if not champion:
        return Judged(plugin.name, digest, "", Judgement(Outcome.PASSED, ("nothing serves yet under this name",)))
    serving = gate_load.load(root, plugin, champion, threads=threads)
    codes = {label.code for label in candidate.tagger.taxonomy.labels}
    own = [example for example in own if example.code in codes]  # nobody can be right about a label that is gone
    measured = gate_measure.measure(
        serving.tagger, candidate.tagger,
        own=own, reference=reference(plugin), encoders=(serving.encoder, candidate.encoder),
    )  # fmt: skip
    found = gate.judge(measured, bounds)
    if fault := _beside(root, champions, plugin.name, candidate.artifact.manifest.extra):
        found = Judgement(Outcome.REFUSED, (fault, *found.reasons), found.figures)
    return Judged(plugin.name, digest, champion, found)


def reference(plugin: Plugin) -> list[Example]:
    """Return the reference titles of a tagger's taxonomy."""
    root = plugin.recipe.taxonomies if isinstance(plugin.recipe, HeadRecipe) else taxonomy.BUNDLED
    return snapshot.reference(plugin.name, root)


def shown(judged: Judged) -> dict[str, object]:
    """Return a judgement as JSON."""
    return {"champion": judged.champion, **asdict(judged.judgement)}


def bounds(settings: Settings) -> Bounds:
    """Return how strict the gate of this installation is."""
    return Bounds(rows=settings.gate_rows, fall=settings.gate_fall, slower=settings.gate_slower)


def _beside(root: Path, champions: Mapping[str, str], name: str, extra: Mapping[str, object]) -> str:
    """Say what keeps an artifact from serving beside the other champions: heads read vectors of one encoder."""
    wanted = extra.get("encoder") or ""
    for other, digest in {**artifact.bundled(root), **champions}.items():
        if other in (name, artifacts.ENCODER) or not wanted:
            continue
        try:
            theirs = artifact.read_manifest(artifact.folder_of(root, other, digest)).extra.get("encoder") or ""
        except ConfigError:
            continue  # it is judged here whether the candidate is sound, not the others
        if theirs and theirs != wanted:
            return f"it was taught with another encoder than {other}: train it again"
    return ""


_MEASURE = (examples.GOLD, examples.HOLDOUT)
