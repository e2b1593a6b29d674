"""Promote a candidate and roll it back, and die by SIGKILL at one boundary of a statement or of a commit."""

import os
import signal
from itertools import count
from pathlib import Path

from sqlalchemy import event

from console import champion
from metier.settings import Settings
from pipelines import artifact
from storage.engine import Engine, create
from tests.integration.training_world import NAME


def settings_of(folder: Path) -> Settings:
    """Return the settings of an installation whose taxonomies and artifacts lie in this folder."""
    os.environ["METIER_TAXONOMIES"] = str(folder / "taxonomies")  # the registry of taggers asks the environment
    return Settings(artifacts=folder / "artifacts", taxonomies=folder / "taxonomies", gate_rows=20)


def there_and_back(engine: Engine, chosen: Settings, digest: str) -> None:
    """Let the candidate serve because the gate lets it, and go back."""
    found = artifact.find(chosen.artifact_folder, NAME, digest)
    assert champion.promote(engine, chosen, found, by="ann").moved
    champion.roll_back(engine, chosen, NAME, by="ann", reason="back")


def die_at(url: str, folder: Path, digest: str, at: int) -> None:
    """Do it all, but die at this boundary: before or after a statement, before or after a commit."""
    chosen, engine, boundaries = settings_of(folder), create(url), count(1)

    def dies(*_: object) -> None:
        if next(boundaries) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", dies)
    event.listen(engine, "after_cursor_execute", dies)
    event.listen(engine, "commit", dies)
    there_and_back(engine, chosen, digest)
