"""The demo: the real system in a fresh folder, tagging the bundled sample feed."""

import fcntl
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from console import database
from console.intake import Ear, Intake, Taken, take
from console.screen import say
from console.summary import FRESH
from console.supervise_system import Running
from metier.errors import ConfigError, MetierError
from metier.settings import Settings
from metier.types import JobState, Kind
from storage import answers, heartbeats, job_lists
from storage.answers import Answered
from storage.engine import Engine, reading
from storage.job_lists import Filter

SAMPLE = Path(__file__).parent / "sample"
PATIENCE = 90.0
"""Seconds without any progress after which the demo gives up."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo has to show at its end."""

    counts: dict[str, int]
    tagged: int
    seconds: float
    picked: list[Answered]
    spread: dict[str, dict[str, int]]
    dead: list[job_lists.Listed]


def settings_of(settings: Settings) -> Settings:
    """Return the settings of the demo: all of its own but the artifacts, which are built once for all."""
    home = settings.home / "demo"
    return settings.model_copy(
        update={
            "home": home,
            "database_url": "",
            "artifacts": settings.artifact_folder,
            "metrics_port": 0,
            "inbox": None,
        }
    )


def clear(home: Path) -> None:
    """Remove what an earlier demo left, unless one is running there."""
    if not home.exists():
        return
    try:
        lock = home / "up.lock"
        if lock.exists():
            with lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(home)
    except BlockingIOError as error:
        raise ConfigError("a demo is running already: wait for it, or end it with Ctrl-C") from error
    except OSError as error:
        raise ConfigError(f"cannot remove the earlier demo in {home} ({error.strerror})") from error


def await_workers(settings: Settings, system: Running, workers: int) -> None:
    """Return when the workers have loaded their models, so that what is measured is the tagging."""
    until = monotonic() + PATIENCE
    with database.opened(settings) as engine:
        while monotonic() < until:
            if fallen := system.kept.tick():
                raise MetierError(f"{fallen[0].name} does not start{_reason(system.logs)}: see {fallen[0].log}")
            with reading(engine) as connection:
                found = heartbeats.all_since(connection, seconds=FRESH)
            if sum(bool(process.artifacts) for process in found if process.role == "worker:tag") >= workers:
                return
            sleep(0.1)
    raise MetierError(f"the workers are not ready after {PATIENCE:.0f} s{_reason(system.logs)}: see {system.logs}")


def run(settings: Settings, system: Running, *, progress: Callable[[int, int], None]) -> Shown:
    """Ingest the sample, wait until nothing is open, and return what there is to show."""
    with database.opened(settings) as engine:
        began = monotonic()
        taken = ingest(engine)
        _await(engine, system, sum(part.new for part in taken), progress=progress)
        seconds = monotonic() - began
        with reading(engine) as connection:
            return Shown(
                counts={kind.value: part.new for kind, part in zip((Kind.POSTING, Kind.TITLE), taken, strict=True)},
                tagged=answers.tagged(connection),
                seconds=seconds,
                picked=answers.pick(connection, each=2),
                spread=answers.spread(connection),
                dead=job_lists.find(connection, Filter(states=[JobState.DEAD]), most=20),
            )


def ingest(engine: Engine) -> list[Taken]:
    """Bring the sample postings and the sample titles into the database."""
    ear = Ear(note=lambda _note: None, bad=say, progress=lambda _rows, _share: None)
    return [
        take(engine, Intake(SAMPLE / "postings.jsonl", "sample", Kind.POSTING), ear),
        take(engine, Intake(SAMPLE / "titles.csv", "sample-cv", Kind.TITLE), ear),
    ]


def _await(engine: Engine, system: Running, total: int, *, progress: Callable[[int, int], None]) -> None:
    ended, moved, fallen = 0, monotonic(), 0
    while True:
        for fall in system.kept.tick():
            fallen += 1
            say(f"{fall.name} ended ({fall.status}) and starts again: see {fall.log}")
        with reading(engine) as connection:
            states = job_lists.by_state(connection)
        now = sum(states.get(state, 0) for state in (JobState.DONE, JobState.DEAD, JobState.CANCELLED))
        progress(now, total)
        if now > ended:
            ended, moved = now, monotonic()
        if ended >= total:
            return
        if monotonic() - moved > PATIENCE or fallen > 8:
            reason = _reason(system.logs)
            raise MetierError(f"the demo does not get on, {ended} of {total} done{reason}: see {system.logs}")
        sleep(0.1)


def _reason(logs: Path) -> str:
    """Return what a worker said last of an error."""
    with suppress(OSError):
        said = (logs / "worker-tag.log").read_text(errors="replace").splitlines()
        errors = [line for line in said if "error" in line.lower()]
        return f" ({errors[-1].strip()[:300]})" if errors else ""
    return ""
