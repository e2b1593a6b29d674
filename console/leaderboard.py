"""A leaderboard from files: the sets of titles that can be made of them, and rows that survive a kill."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console import engines, screen, truth_rows
from console.evaluation import plain
from metier.errors import ConfigError
from metier.settings import settings
from metier.types import Example, Origin, Taxonomy, Text
from pipelines import artifact, bundle, calibration, leaderboard
from pipelines import taxonomy as taxonomies
from pipelines.evaluation import rows as evaluate_rows
from pipelines.evaluation.draws import DRAWS, Interval
from pipelines.evaluation.rows import Labelled
from pipelines.heads import heads
from pipelines.heads.heads import Lesson
from pipelines.leaderboard import Row, Study

_ENCODER = "encoder"


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants compared."""

    taxonomy: str
    tests: Sequence[Path]
    train: Sequence[Path] = ()
    pseudo: Sequence[Path] = ()
    heads: Sequence[str] = ()
    sets: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0
    draws: int = DRAWS
    rows: Path = Path("leaderboard.jsonl")  # where finished rows are kept


def carry_out(order: Order, choice: engines.Choice) -> list[Row]:
    """Return all rows, those from an earlier run included; each is kept as soon as it is there."""
    folder = taxonomies.folder(order.taxonomy)
    wanted = taxonomies.read(folder)
    study, versions = _study(order, folder, wanted, choice)
    kept = _kept(order.rows)
    steps = list(leaderboard.plan(study, order.heads))
    found: list[Row] = []
    with order.rows.open("a", encoding="utf-8") as out, screen.progress("teaching and measuring") as advance:
        for number, (head, learnt) in enumerate(steps):
            advance(number, number / len(steps))
            key = leaderboard.key(study, head, learnt, versions)
            if key not in kept:
                kept[key] = row = leaderboard.measure(study, head, learnt)
                if not row.why:  # what could not be taught may be mended, and costs nothing to find out again
                    out.write(json.dumps({"key": key, "row": plain(row)}, ensure_ascii=False) + "\n")
                    out.flush()
                    os.fsync(out.fileno())
            found.append(kept[key])
    return found


def _study(order: Order, folder: Path, wanted: Taxonomy, choice: engines.Choice) -> tuple[Study, str]:
    rules = bundle.convention(folder)
    real = _real(order, wanted)
    made = bundle.examples(folder)
    base = Lesson(
        wanted,
        (),
        seed=order.seed,
        encoder=_encoder(choice) if leaderboard.needs(order.heads).vectors else None,
        convention=rules,
        calibration=calibration.read(folder),
        model=settings().encoder,
        folder=settings().cache_folder / "heads",
    )
    curated = leaderboard.without(_examples(order.train, wanted, order.columns, Origin.SOURCE), real)
    pseudo = leaderboard.without(_examples(order.pseudo, wanted, order.columns, Origin.PSEUDO), real)
    again = leaderboard.relabelled(pseudo, rules) if rules else []
    sets = {name: some for name, some in _sets(made, curated, pseudo, again).items() if some}
    for name in order.sets:
        if name not in sets:
            raise ConfigError(f"--set {name}: there is no such set; choose from {', '.join(sets)}")
    sets = {name: some for name, some in sets.items() if not order.sets or name in order.sets}
    versions = f"{bundle.digest(folder)} {artifact.bundled(choice.root).get(_ENCODER, '')} {heads.VERSION}"
    return Study(wanted, sets, real, leaderboard.among(real.titles, made), base, order.draws), versions


def _sets(
    made: Sequence[Example], curated: Sequence[Example], pseudo: Sequence[Example], again: Sequence[Example]
) -> dict[str, list[Example]]:
    """Return the sets that are compared, small ones first."""
    joined = leaderboard.joined
    found = {"pseudo": joined(pseudo), "relabelled": joined(again), "curated": joined(curated)}
    if curated and pseudo:
        found |= {"curated+pseudo": joined(curated, pseudo), "curated+relabelled": joined(curated, again)}
    found["bundled"] = joined(made)
    if curated or pseudo:
        found["bundled+all"] = joined(made, curated, again or pseudo)
    return found


def _real(order: Order, wanted: Taxonomy) -> Labelled:
    texts: list[Text] = []
    places: list[Sequence[int]] = []
    for file in order.tests:
        rows = truth_rows.read(file, wanted, columns=order.columns)
        truth_rows.say_refused(rows.refused)
        texts += rows.texts
        places += rows.places
    return evaluate_rows.labelled(texts, places, wanted)


def _examples(files: Sequence[Path], wanted: Taxonomy, columns: Mapping[str, str], origin: Origin) -> list[Example]:
    found = []
    for file in files:
        rows = truth_rows.read(file, wanted, columns=columns)
        truth_rows.say_refused(rows.refused)
        for text, places in zip(rows.texts, rows.places, strict=True):
            code = wanted.labels[places[0]].code
            found.append(Example(text.title, wanted.name, code, origin, text.language))
    return found


def _encoder(choice: engines.Choice) -> Any:  # an encoder that remembers what it has encoded
    from pipelines.encoding import encoder
    from pipelines.encoding.vector_cache import CachedEncoder, VectorCache

    digest = {**artifact.bundled(choice.root), **choice.champions}.get(_ENCODER)
    if digest is None:
        raise ConfigError("there is no encoder: run `metier artifacts build`")
    loaded = encoder.load(artifact.find(choice.root, _ENCODER, digest).folder, threads=os.cpu_count() or 1)
    path = settings().cache_folder / f"vectors-{digest[:12]}.db"
    return CachedEncoder(loaded, VectorCache(path, dimension=loaded.dimension, rows=settings().cache_rows))


def _kept(file: Path) -> dict[str, Row]:
    """Return the rows of earlier runs; a line that a kill cut short is as if it were not there."""
    found: dict[str, Row] = {}
    if not file.exists():
        return found
    for line in file.read_text("utf-8").splitlines():
        try:
            kept = json.loads(line)
            parts = {name: _intervals(kept["row"][name]) for name in ("own", "real", "unseen")}
            found[kept["key"]] = Row(**{**kept["row"], **parts})
        except (ValueError, KeyError, TypeError):
            continue
    return found


def _intervals(figures: Mapping[str, Mapping[str, float | None]]) -> dict[str, Interval]:
    nan = float("nan")
    return {
        name: Interval(**{end: nan if value is None else value for end, value in one.items()})
        for name, one in figures.items()
    }
