"""Which artifacts `metier tag` works with: those the user names, else the database's champions, else the bundled."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console import screen
from console.supervise import environment
from metier.errors import ConfigError, MetierError
from metier.settings import settings
from pipelines import artifact

if TYPE_CHECKING:  # what tags is loaded only when something is tagged
    from pipelines.serving import Serving

_BUILD = [sys.executable, "-m", "console.cli.main", "artifacts", "build"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A folder of artifacts, which of them serve instead of the bundled ones, and who says so."""

    root: Path
    champions: Mapping[str, str]
    source: str


def choose(named: Sequence[str]) -> Choice:
    """Understand what `--artifact` was given: nothing, a folder of artifacts, one artifact's folder, NAME@DIGEST."""
    root = settings().artifact_folder
    if not named:
        champions = _champions()
        return Choice(root, champions, "champions of the database" if champions else "bundled")
    chosen: dict[str, str] = {}
    for given in named:
        path = Path(given)
        if path.is_dir():
            single = (path / artifact.MANIFEST).exists()
            root = path.absolute().parents[1] if single else path.absolute()
            chosen |= {path.absolute().parent.name: path.absolute().name} if single else {}
        elif "@" in given:
            name, digest = _find(root, given)
            chosen[name] = digest
        else:
            raise ConfigError(f"--artifact {given}: no such folder; name one, or an artifact as NAME@DIGEST")
    return Choice(root, chosen, "as named")


def prepare(choice: Choice, names: Sequence[str]) -> list[str]:
    """Return the taxonomies that are meant, all if none are named; build the bundled ones if that was never done."""
    from pipelines import taggers

    wanted = list(names) or list(taggers.registry())
    missing = [name for name in wanted if name not in {**artifact.bundled(choice.root), **choice.champions}]
    if missing and choice.root == settings().artifact_folder:
        _build(missing)
    return wanted


def load(choice: Choice, wanted: Sequence[str], *, threads: int) -> "Serving":
    """Load the taggers of these taxonomies."""
    from pipelines import serving

    return serving.load(choice.root, champions=choice.champions, taxonomies=wanted, threads=threads)


def _build(missing: Sequence[str]) -> None:
    """Build in a process of its own, which takes the libraries that only building needs with it when it ends."""
    screen.say(f"making the artifacts for {', '.join(missing)}, once for this installation; this takes some minutes")
    words = [sys.executable, "-m", "console.lifeline", "3", "-", *_BUILD]
    # standard output is for tags; standard input is the lifeline: if we end, so does the building
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=sys.stderr.fileno(), env=environment(), start_new_session=True
    ) as building:
        try:
            failed = building.wait()
        finally:
            assert building.stdin is not None  # noqa: S101  asked for above
            building.stdin.close()
            building.wait()
    if failed:
        raise MetierError("the artifacts could not be made; what is wrong is said above")


def _champions() -> dict[str, str]:
    """Return which digest serves under each name; none without a database that can say so."""
    configured = settings()
    if not configured.database_url and not (configured.home / "metier.db").exists():
        return {}
    from storage import artifacts, engine

    try:
        connected = engine.create(configured.database)
        try:
            with engine.reading(connected) as connection:
                return artifacts.champions(connection)
        finally:
            connected.dispose()
    except MetierError as error:
        screen.say(f"the database was not asked for its champions: {error}")
        return {}


def _find(root: Path, given: str) -> tuple[str, str]:
    """Return name and whole digest of an artifact given as NAME@DIGEST, of which a beginning is enough."""
    name, _, start = given.partition("@")
    found = sorted(path.name for path in (root / name).glob(f"{start}*") if (path / artifact.MANIFEST).exists())
    if len(found) != 1:
        raise ConfigError(
            f"--artifact {given}: {len(found)} artifacts of that name lie in {root}; see `metier artifacts list`"
        )
    return name, found[0]
