"""An order to measure an artifact on a file of labelled titles, and carrying it out."""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from console import engines, screen, truth_rows
from metier.errors import ConfigError, MetierError
from pipelines import artifact, bundle, seen, text, title_language
from pipelines import taxonomy as taxonomies
from pipelines.evaluation import answers
from pipelines.evaluation import rows as evaluate_rows
from pipelines.evaluation.report import Report, Wish, report
from scheduler.reading.lines import Hints
from scheduler.reading.rows import Row
from scheduler.reading.tables import open_table

_SPEAKING = "seniority"  # the taxonomy whose made titles have a language


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants to know."""

    taxonomy: str
    file: Path
    columns: Mapping[str, str] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)
    train: Sequence[Path] = ()
    wish: Wish = field(default_factory=Wish)


def carry_out(order: Order, choice: engines.Choice) -> Report:
    """Read the file, let the artifact answer, and measure."""
    taxonomies.load(order.taxonomy)  # says what there is before any time is spent
    engine = engines.load(choice, engines.prepare(choice, [order.taxonomy]), threads=os.cpu_count() or 1)
    wanted = engine.taxonomies[order.taxonomy]
    rows = truth_rows.read(order.file, wanted, columns=order.columns, hints=order.hints)
    if not rows.texts:
        truth_rows.say_refused(rows.refused)
        raise MetierError(f"{order.file}: no row has a title and a label of {wanted.name}")
    there = evaluate_rows.labelled(rows.texts, rows.places, wanted)
    with screen.progress("tagging") as advance:
        answered = answers.ask(
            lambda texts, top: engine.tag(texts, top=top),
            there,
            wanted,
            progress=lambda done: advance(done, done / len(there)),
        )
    folder = artifact.folder_of(choice.root, order.taxonomy, engine.digests[order.taxonomy])
    learnt = _learnt(folder, order.train)
    speaking = bundle.examples(taxonomies.folder(_SPEAKING, taxonomies.BUNDLED))
    found = report(
        answered,
        wanted,
        engine.artifacts[order.taxonomy],
        languages=title_language.of(answered.labelled.texts, speaking),
        seen=None if learnt is None else seen.among(answered.labelled.titles, learnt),
        wish=order.wish,
    )
    return replace(found, refused=[*rows.refused, *found.refused])


def check_writable(out: Path) -> None:
    """Refuse a page that could not be written before any time is spent on it."""
    if out.is_dir() or not out.parent.is_dir():
        raise ConfigError(f"--html {out}: name a file in a folder that is there")
    if not os.access(out.parent, os.W_OK) or (out.exists() and not os.access(out, os.W_OK)):
        raise ConfigError(f"--html {out}: cannot be written (permission denied); name another file")


def plain(value: object) -> Any:  # JSON of whatever a report holds
    """Return a report as JSON can hold it: what is no number is null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain({name: getattr(value, name) for name in value.__dataclass_fields__})
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _learnt(folder: Path, train: Sequence[Path]) -> seen.Marks | None:
    """Return the titles that taught the artifact and those of the files named; None where nobody can say."""
    kept = seen.read(folder)
    if kept is None:
        screen.say("the artifact does not tell which titles it has learnt from: make it again to measure unseen rows")
        if not train:
            return None
    titles = [seen.marks(text.normalise(text.tidy(_titles(file)))) for file in train]
    return np.concatenate([*titles, *([] if kept is None else [kept])])


def _titles(file: Path) -> list[str]:
    with open_table(file) as table:
        return [row.text("title") for row in table.rows() if isinstance(row, Row)]
