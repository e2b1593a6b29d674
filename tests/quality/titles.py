"""Labelled titles from a file, the half of them that was looked at, and folds in which like titles stay together."""

import csv
import hashlib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from metier.types import Taxonomy
from pipelines.ngrams import Whole
from pipelines.text import normalise, tidy

DEV = Path(__file__).parents[3] / "shared" / "data" / "titles" / "dev.csv"
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Labelled:
    """Titles, the places of their labels in the taxonomy, and a number that titles alike have in common."""

    titles: Sequence[str]
    answers: Whole
    groups: Whole

    def looked_at(self) -> NDArray[np.bool_]:
        """Mark the half whose mistakes were read while rules and lexicon were written; the other was measured only."""
        folded = [" ".join(unicodedata.normalize("NFKC", title).casefold().split()) for title in self.titles]
        return np.array([_number(title) % 2 == 0 for title in folded], dtype=np.bool_)

    def folds(self) -> Whole:
        """Return the fold of each title."""
        return np.array([_number(f"fold {group}") % FOLDS for group in self.groups], dtype=np.int64)


def read(file: Path, taxonomy: Taxonomy) -> Labelled:
    """Return the titles of a CSV file with the column `title` and one, of codes or names, called like the taxonomy."""
    places = {word.lower(): at for at, label in enumerate(taxonomy.labels) for word in (label.code, label.name)}
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    titles = [row["title"] for row in rows]
    _, groups = np.unique(np.array(normalise(tidy(titles))), return_inverse=True)
    answers = np.array([places[row[taxonomy.name].lower()] for row in rows], dtype=np.int64)
    return Labelled(titles, answers, groups.astype(np.int64))


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest(), 16)
