"""Who serves: promote a candidate through the gate, or go back to what served before."""

from dataclasses import dataclass
from pathlib import Path

from metier.errors import ConfigError
from metier.settings import Settings
from pipelines import artifact, gate_load
from pipelines.artifact import Artifact
from pipelines.gate import Outcome
from pipelines.taggers import Plugin, registry
from storage import artifact_moves, artifacts
from storage.engine import Engine, reading, transaction
from worker import judging
from worker.judging import Judged


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of it: the artifact, what served before, and what the gate said where it was asked."""

    name: str
    digest: str
    before: str
    moved: bool
    judged: Judged | None = None


def plugin_of(name: str) -> Plugin:
    """Return the tagger of this name."""
    found = registry().get(name)
    if found is None:
        raise ConfigError(f"{name} is no tagger; its artifacts are not promoted: choose from {', '.join(registry())}")
    return found


def find(root: Path, engine: Engine, name: str, digest: str) -> Artifact:
    """Return the one artifact that a name and the beginning of a digest mean, verified file by file."""
    with reading(engine) as connection:
        known = {row.digest for row in artifacts.listed(connection, name)}
    known |= {path.parent.name for path in root.glob(f"{name}/*/{artifact.MANIFEST}")}
    matching = sorted(one for one in known if one.startswith(digest)) if digest else []
    if len(matching) != 1:
        how = "is no artifact" if not matching else f"may be any of {len(matching)}"
        raise ConfigError(f"{name}@{digest} {how}: see `metier artifacts list`, and write more of the digest")
    return artifact.find(root, name, matching[0])


def promote(engine: Engine, settings: Settings, found: Artifact, *, by: str, reason: str = "") -> Moved:
    """Let an artifact serve if the gate lets it pass; the verdict is kept either way."""
    root = settings.artifact_folder
    plugin = plugin_of(found.name)
    _adopt(engine, root, found)
    judged = judging.judge(
        engine, root, plugin, found.digest, threads=settings.threads, bounds=judging.bounds(settings)
    )
    passed = judged.judgement.outcome is Outcome.PASSED
    with transaction(engine) as connection:
        verdict = judged.keep(connection)
        moved = passed and artifacts.promote(
            connection, found.name, found.digest, expected=judged.champion or None, by=by,
            reason=reason or judged.judgement.reasons[0], verdict=verdict,
        )  # fmt: skip
    if passed and not moved:
        raise ConfigError(f"{found.name}: somebody changed what serves meanwhile: look again and repeat")
    return Moved(found.name, found.digest, judged.champion, moved, judged)


def promote_despite_gate(engine: Engine, settings: Settings, found: Artifact, *, by: str, reason: str) -> Moved:
    """Let a sound artifact serve because a person says so; the gate is not asked, and the reason is kept."""
    return let_serve(engine, settings, found, by=by, reason=f"despite the gate: {reason}")


def let_serve(engine: Engine, settings: Settings, found: Artifact, *, by: str, reason: str) -> Moved:
    """Let a sound artifact serve without a judgement."""
    gate_load.load(settings.artifact_folder, plugin_of(found.name), found.digest, threads=settings.threads)
    _adopt(engine, settings.artifact_folder, found)
    return _move(engine, found, by=by, reason=reason, how=artifact_moves.PROMOTED)


def roll_back(engine: Engine, settings: Settings, name: str, *, by: str, reason: str) -> Moved:
    """Let serve again what served before the present champion."""
    with reading(engine) as connection:
        serves = artifacts.champions(connection).get(name)
        before = artifact_moves.before(connection, name, serves) if serves else None
    if before is None:
        raise ConfigError(f"{name}: nothing served before what serves now: see `metier artifacts history {name}`")
    found = artifact.find(settings.artifact_folder, name, before)
    if name in registry():
        gate_load.load(settings.artifact_folder, plugin_of(name), before, threads=settings.threads)
    return _move(engine, found, by=by, reason=reason, how=artifact_moves.ROLLED_BACK)


def _adopt(engine: Engine, root: Path, found: Artifact) -> None:
    """See that the database knows what serves by installation alone, and the artifact at hand."""
    with transaction(engine) as connection:
        artifacts.adopt(connection, artifact.bundled(root))
        artifacts.register(connection, found.name, found.digest, metrics=found.manifest.metrics, reason="found here")


def _move(engine: Engine, found: Artifact, *, by: str, reason: str, how: str) -> Moved:
    with transaction(engine) as connection:
        serves = artifacts.champions(connection).get(found.name)
        if serves == found.digest:
            raise ConfigError(f"{found.name}@{found.digest[:12]} serves already")
        artifacts.promote(connection, found.name, found.digest, expected=serves, by=by, reason=reason, how=how)
    return Moved(found.name, found.digest, serves or "", moved=True)
