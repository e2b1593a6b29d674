"""All heads taught with all sets of titles, each measured on held-out titles of its own set and on real labelled ones.

That the first figure is high and the second low is what a set hides of itself; what pseudo-labels bring is the
difference between two sets under one head.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from metier.errors import ConfigError
from metier.types import Example, Taxonomy, TaxonomyKind, Text
from pipelines.conventions.convention import Convention
from pipelines.evaluation import evaluate, ranking
from pipelines.evaluation import rows as evaluate_rows
from pipelines.evaluation import scores as evaluate_scores
from pipelines.evaluation.draws import DRAWS, Interval
from pipelines.evaluation.evaluate import Answers, Figure, Flags
from pipelines.evaluation.rows import Labelled
from pipelines.heads import heads
from pipelines.heads.heads import Entry, Lesson
from pipelines.text import normalise, tidy

VERSION = "1"  # of what a row says
NOTHING = "nothing"  # the set of a head that learns nothing

_PARTS = 5  # one part of so many of a set is held out
_SURE = 0.5  # how sure the written rules must be to overrule a pseudo-label


@dataclass(frozen=True, slots=True)
class Study:
    """What is compared: sets of titles by name, the real titles, and which of these the bundle makes as well."""

    taxonomy: Taxonomy
    sets: Mapping[str, Sequence[Example]]
    real: Labelled
    made: Flags
    base: Lesson  # encoder, convention, calibration and seed
    draws: int = DRAWS


@dataclass(frozen=True, slots=True)
class Row:
    """One head taught with one set; `why` says why it could not be."""

    head: str
    learnt: str
    titles: int
    seconds: float
    own: Mapping[str, Interval]
    real: Mapping[str, Interval]
    unseen: Mapping[str, Interval]
    why: str = ""


def plan(study: Study, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield head and set of each row; a head that learns nothing stands there once."""
    chosen = heads.named(names)
    for name, entry in chosen.items():
        if not entry.learns:
            yield name, NOTHING
    for learnt in study.sets:
        for name, entry in chosen.items():
            if entry.learns:
                yield name, learnt


def key(study: Study, head: str, learnt: str, versions: str) -> str:
    """Return a digest of all that a row hangs on, so that none is worked out twice; `versions` is of what is beside."""
    found = hashlib.sha256(repr((VERSION, head, learnt, study.base.seed, study.draws, versions)).encode())
    for example in study.sets.get(learnt, ()):
        found.update(f"{example.text}\x1f{example.code}\x1e".encode("utf-8", "replace"))
    for text, allowed in zip(study.real.texts, study.real.allowed, strict=True):
        found.update(f"{text.title}\x1f".encode("utf-8", "replace") + allowed.tobytes())
    return found.hexdigest()


def measure(study: Study, head: str, learnt: str, *, clock: Callable[[], float] = time.perf_counter) -> Row:
    """Teach one head with four fifths of one set, and measure it on the last fifth and on the real titles."""
    examples = study.sets.get(learnt, ())
    held = _held_out(examples, study.base.seed)
    known = [example for example, out in zip(examples, held, strict=True) if not out]
    begun = clock()
    try:
        taught = heads.teach(head, replace(study.base, taxonomy=study.taxonomy, examples=known))
    except ConfigError as error:
        return Row(head, learnt, len(known), 0.0, {}, {}, {}, str(error))
    seconds = clock() - begun
    real = _answers(taught, study.real)
    apart = [example for example, out in zip(examples, held, strict=True) if out]
    own = _figures(_answers(taught, rows_of(apart, study.taxonomy)), study) if apart else {}
    unseen = _figures(real.part(~study.made), study) if (~study.made).any() else {}
    return Row(head, learnt, len(known), round(seconds, 1), own, _figures(real, study), unseen)


def rows_of(examples: Sequence[Example], taxonomy: Taxonomy) -> Labelled:
    """Return examples as rows to measure on."""
    places = {label.code: at for at, label in enumerate(taxonomy.labels)}
    texts = [Text(example.text, language=example.language) for example in examples]
    return evaluate_rows.labelled(texts, [[places[example.code]] for example in examples], taxonomy)


def joined(*parts: Sequence[Example]) -> list[Example]:
    """Return examples of several sets, each title once, as the first set that has it says."""
    found: dict[str, Example] = {}
    for part in parts:
        for title, example in zip(_normal(part), part, strict=True):
            if title:
                found.setdefault(title, example)
    return list(found.values())


def without(examples: Sequence[Example], real: Labelled) -> list[Example]:
    """Return the examples whose title is not among the real ones."""
    never = set(real.titles)
    return [example for title, example in zip(_normal(examples), examples, strict=True) if title not in never]


def relabelled(examples: Sequence[Example], convention: Convention) -> list[Example]:
    """Return the examples with the label of the written rules wherever these are sure."""
    said = convention.decide_many(tidy([example.text for example in examples]))
    return [
        example if one is None or one.confidence < _SURE else replace(example, code=one.code)
        for example, one in zip(examples, said, strict=True)
    ]


def among(titles: Sequence[str], examples: Sequence[Example]) -> Flags:
    """Mark the normalised titles that these examples hold."""
    known = set(_normal(examples))
    return np.array([title in known for title in titles], dtype=np.bool_)


def _held_out(examples: Sequence[Example], seed: int) -> list[bool]:
    return [crc32(f"{seed} {title}".encode("utf-8", "replace")) % _PARTS == 0 for title in _normal(examples)]


def _answers(taught: heads.Answers, rows: Labelled) -> Answers:
    scores = taught.scores(rows.texts)
    return evaluate.among(scores, np.ones(len(rows), dtype=np.bool_), rows.allowed, rows.groups)


def _figures(answers: Answers, study: Study) -> dict[str, Interval]:
    wanted: dict[str, Figure] = {"accuracy": evaluate.accuracy, "macro_f1": evaluate.macro_f1}
    if study.taxonomy.kind is TaxonomyKind.ORDINAL:
        wanted["mae"] = ranking.ordinal(np.array([label.rank or 0 for label in study.taxonomy.labels]))["mae"]
    wanted["ece"] = evaluate_scores.calibration_error
    return evaluate.intervals(answers, wanted, draws=study.draws, seed=study.base.seed)


def _normal(examples: Sequence[Example]) -> list[str]:
    return normalise(tidy([example.text for example in examples]))


def needs(names: Sequence[str]) -> Entry:
    """Return what the neediest of these heads needs."""
    chosen = heads.named(names).values()
    return Entry("", "", vectors=any(one.vectors for one in chosen), slow=any(one.slow for one in chosen))
