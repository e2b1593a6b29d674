"""The heads that can be compared, by name; each is taught by the same call and answers with scores of all labels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from metier.errors import ConfigError
from metier.types import Example, Taxonomy, Text
from pipelines.calibration import Calibration
from pipelines.conventions.convention import Convention
from pipelines.ngrams import Floats
from pipelines.tagger import Encodes

VERSION = "1"  # of how heads are taught beside train.VERSION


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a head is taught from. A head takes what it needs of it; the same lesson teaches the same."""

    taxonomy: Taxonomy
    examples: Sequence[Example]
    seed: int = 0
    encoder: Encodes | None = None
    convention: Convention | None = None
    calibration: Calibration | None = None
    model: str = "bundled"  # what slow heads tune: as METIER_ENCODER
    folder: Path | None = None  # where slow heads keep what they can go on from
    tell: Callable[[str], None] = lambda line: None  # hears how far slow heads are


class Answers(Protocol):
    """A taught head."""

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return a row of scores a text, one for each label, that add up to one."""


class Tunes(Protocol):
    """What the module of a slow head is besides."""

    def tune(self, lesson: Lesson, held: Sequence[Example], folder: Path) -> None:
        """Write the folder of an encoder tuned on the lesson's examples; those held out may tell it when to stop."""


class Teaches(Protocol):
    """What each head's module is."""

    def teach(self, lesson: Lesson) -> Answers:
        """Return a head that has learnt this lesson."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A head in the registry: where it is, what it is, and what it needs."""

    module: str
    what: str
    learns: bool = True
    vectors: bool = False
    slow: bool = False  # needs torch, and minutes; its module also tunes an encoder
    serves: float | None = None  # what sentence vectors count in the form that serves; None: it is for comparing alone


HEADS: Mapping[str, Entry] = {
    "majority": Entry("pipelines.heads.majority", "the most frequent label, whatever the title"),
    "lookup": Entry("pipelines.heads.lookup", "the label of the very same title, else the most frequent"),
    "rules": Entry("pipelines.heads.rules", "the written convention alone", learns=False),
    "words": Entry("pipelines.heads.words", "bag of words, logistic regression"),
    "ngrams": Entry("pipelines.heads.ngrams", "words, pairs and character n-grams, logistic regression"),
    "neighbours": Entry("pipelines.heads.neighbours", "nearest titles by sentence vector", vectors=True),
    "vectors": Entry("pipelines.heads.vectors", "sentence vector, logistic regression", vectors=True),
    "mixture": Entry("pipelines.heads.mixture", "n-grams and the written convention, calibrated", serves=0.0),
    "full": Entry("pipelines.heads.full", "the mixture with sentence vectors besides", vectors=True, serves=1.0),
    "fewshot": Entry(
        "pipelines.heads.fewshot", "the encoder tuned on a few titles a label, then linear", slow=True, serves=1.0
    ),
    "finetuned": Entry("pipelines.heads.finetuned", "a transformer tuned on all titles", slow=True, serves=1.0),
}


def quick() -> list[str]:
    """Return the heads that need no torch and no minutes."""
    return [name for name, entry in HEADS.items() if not entry.slow]


def servable() -> list[str]:
    """Return the heads of which an artifact can be made."""
    return [name for name, entry in HEADS.items() if entry.serves is not None]


def named(names: Sequence[str]) -> dict[str, Entry]:
    """Return these heads, or say which there are."""
    for name in names:
        if name not in HEADS:
            raise ConfigError(f"there is no head {name!r}: choose from {', '.join(HEADS)}")
    return {name: HEADS[name] for name in HEADS if name in names}


def tune(name: str, lesson: Lesson, held: Sequence[Example], folder: Path) -> None:
    """Tune the encoder of a slow head."""
    module: Tunes = import_module(named([name])[name].module)
    module.tune(lesson, held, folder)


def teach(name: str, lesson: Lesson) -> Answers:
    """Teach a head of this name."""
    module: Teaches = import_module(named([name])[name].module)
    return module.teach(lesson)
