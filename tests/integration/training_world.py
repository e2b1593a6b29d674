"""A small taxonomy whose head is taught in a second, an empty database, and the means to train in it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from metier.example_keys import key
from metier.types import Example, Origin
from pipelines import head
from pipelines.classify import Mixture
from pipelines.gate import Bounds
from pipelines.recipe import HeadRecipe
from pipelines.taggers import Plugin
from pipelines.tuning import Workshop
from storage import artifacts, examples, run_examples, run_leases, runs
from storage.engine import Engine, reading, transaction
from storage.run_examples import Given
from storage.run_leases import Lease
from worker import training_child
from worker.training_steps import Order, Place, Record

NAME = "kind"
LABELS = {"care": "nurse", "tech": "developer", "food": "cook"}
PLACES = ("ward", "clinic", "school", "night", "day", "village", "city", "team", "harbour", "castle", "station", "home")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def a_taxonomy(folder: Path) -> Plugin:
    """Write the taxonomy into this folder and return its tagger."""
    place = folder / "taxonomies" / NAME
    place.mkdir(parents=True)
    labels = "".join(f'[[labels]]\ncode = "{code}"\nname = "{code.title()}"\n' for code in LABELS)
    (place / "taxonomy.toml").write_text(f'name = "{NAME}"\nversion = "1"\nkind = "flat"\n{labels}', "utf-8")
    rows = [f"{place_} {word},{code},en" for code, word in LABELS.items() for place_ in PLACES]
    (place / "examples.csv").write_text("\n".join(["text,code,language", *rows]), "utf-8")
    return plugin(folder)


def plugin(folder: Path) -> Plugin:
    """Return the tagger of a taxonomy that is written."""
    return Plugin(NAME, HeadRecipe(Mixture(), taxonomies=folder / "taxonomies"), head.load)


def labelled(origin: Origin, count: int, *, right: bool = True, start: int = 0) -> list[Example]:
    """Return labelled texts that are alike and never the same."""
    codes = list(LABELS)
    found = []
    for number in range(start, start + count):
        code = codes[number % len(codes)]
        said = code if right else codes[(number + 1) % len(codes)]
        found.append(Example(f"{LABELS[code]} number{number}", NAME, said, origin))
    return found


@dataclass(slots=True)
class World:
    """An engine, a folder of artifacts and one taxonomy."""

    engine: Engine
    folder: Path
    plugin: Plugin
    rows: int = 30
    slower: float = 1.25
    model: str = "bundled"  # what is tuned
    order: Order = field(default_factory=lambda: Order(NAME))

    @property
    def root(self) -> Path:
        """Return the folder of artifacts."""
        return self.folder / "artifacts"

    @property
    def bounds(self) -> Bounds:
        """Return how strict the gate is."""
        return Bounds(rows=self.rows, slower=self.slower)

    @property
    def place(self) -> Place:
        """Return where is trained."""
        workshop = Workshop(self.folder / "tuning", self.model)
        return Place(self.engine, self.root, 1, self.bounds, lambda: NOW, workshop, {NAME: self.plugin})

    def install(self) -> str:
        """Make the bundled artifact and let it serve."""
        made = self.plugin.recipe.make(NAME, self.root, vectors=None, now=NOW)
        with transaction(self.engine) as connection:
            artifacts.adopt(connection, {NAME: made.digest})
        return made.digest

    def bring(self, *some: Example) -> None:
        """Keep examples."""
        with transaction(self.engine) as connection:
            examples.add(connection, [(key(one.text), one) for one in some])

    def queue(self, order: Order | None = None, given: tuple[Given, ...] = ()) -> tuple[int, int]:
        """Queue a run; return its number and that of its job."""
        with transaction(self.engine) as connection:
            run, job = runs.queue(connection, "train", (order or self.order).params())
            run_examples.keep(connection, run, given, never=())
            return run, job

    def claim(self, job: int, *, lease: float = 60.0) -> Lease:
        """Take the run."""
        with transaction(self.engine) as connection:
            held = run_leases.claim(connection, job, task="train", owner="test", lease=lease)
        assert held is not None
        return held

    def train(self, order: Order | None = None, given: tuple[Given, ...] = ()) -> runs.Run:
        """Queue a run, execute it here, and return what came of it."""
        run, job = self.queue(order, given)
        training_child.execute(self.place, Record(self.engine, self.claim(job)), most=3)
        return self.run(run)

    def run(self, number: int) -> runs.Run:
        """Return a run."""
        with reading(self.engine) as connection:
            found = runs.get(connection, number)
        assert found is not None
        return found

    def champion(self) -> str:
        """Return what serves."""
        with reading(self.engine) as connection:
            return artifacts.champions(connection)[NAME]

    def asked(self, question: Callable[..., Any], *words: Any) -> Any:  # whatever a function of storage answers
        """Ask the database."""
        with reading(self.engine) as connection:
            return question(connection, *words)


def a_world(engine: Engine, folder: Path) -> World:
    """Make a world with its taxonomy."""
    shutil.rmtree(folder / "taxonomies", ignore_errors=True)
    return World(engine, folder, a_taxonomy(folder))
