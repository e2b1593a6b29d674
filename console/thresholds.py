"""Another threshold for what serves: the same files under another number, as an artifact that serves instead."""

import shutil
from dataclasses import replace
from pathlib import Path

from console import champion
from console.champion import Moved
from metier.errors import ConfigError
from metier.settings import Settings
from pipelines import artifact
from storage import artifacts
from storage.engine import Engine, reading

SURE = "sure"  # among the thresholds of a head's manifest


def move(engine: Engine, settings: Settings, name: str, score: float, *, by: str, reason: str) -> Moved:
    """Let answers of this name count as sure from this score on; which answers are given stays as it is."""
    root = settings.artifact_folder
    champion.plugin_of(name)
    with reading(engine) as connection:
        digest = {**artifact.bundled(root), **artifacts.champions(connection)}.get(name, "")
    found = artifact.find(root, name, digest)
    before = found.manifest.thresholds.get(SURE)
    if before is None:
        raise ConfigError(f"{name}: its artifact has no threshold; it is not made of a head")
    if before == score:
        raise ConfigError(f"{name}: answers count as sure from {score:g} on already")

    def fill(draft: Path) -> None:
        for file in found.manifest.files:
            (draft / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found.folder / file, draft / file)

    thresholds = {**found.manifest.thresholds, SURE: score}
    made = artifact.write(root, replace(found.manifest, thresholds=thresholds), fill)
    said = f"sure from {score:g} on, before from {before:g}{f': {reason}' if reason else ''}"
    return champion.let_serve(engine, settings, made, by=by, reason=said)
