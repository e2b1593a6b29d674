"""A transformer tuned on all titles of a lesson, its scores calibrated on the titles that chose its best epoch."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

import numpy as np

from metier.errors import ConfigError
from metier.types import Example, Text
from pipelines import calibrate, finetune
from pipelines.calibrate import Judged
from pipelines.classify import Mixture, softmax
from pipelines.encoding import source
from pipelines.finetune import Course, Titles, Tuned
from pipelines.heads.heads import Lesson
from pipelines.heads.ngrams import answers_of
from pipelines.ngrams import Floats
from pipelines.text import normalise, tidy

_PARTS = 10  # one part of so many chooses the epoch


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A tuned transformer and what its logits are divided by."""

    tuned: Tuned
    temperature: float

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return probabilities."""
        titles = tidy([item.title for item in texts])
        return softmax(self.tuned.logits(titles) / np.float32(self.temperature))


def tune(lesson: Lesson, held: Sequence[Example], folder: Path, course: Course | None = None) -> None:
    """Tune on all titles of the lesson, and write the body of the transformer as an encoder."""
    parts = [_titles(replace(lesson, examples=some)) for some in (lesson.examples, held)]
    if not all(len(part.titles) for part in parts) or lesson.folder is None:
        raise ConfigError("a transformer needs more titles, some of them to hold out, and a folder to work in")
    how = course or Course(seed=lesson.seed)
    tuned = finetune.tune(
        lesson.model, parts[0], parts[1], lesson.taxonomy, folder=lesson.folder, course=how, tell=lesson.tell
    )
    source.write(source.find(lesson.model, cache=lesson.folder), tuned.model.base_model, folder)


def _titles(lesson: Lesson) -> Titles:
    return Titles(tidy([example.text for example in lesson.examples]), answers_of(lesson))


def teach(lesson: Lesson, course: Course | None = None) -> Calibrated:
    """Tune on nine tenths of the titles."""
    titles = tidy([example.text for example in lesson.examples])
    answers = answers_of(lesson)
    # another checksum than that of the leaderboard, which has taken its part out already
    marks = [crc32(f"epoch {lesson.seed} {title}".encode("utf-8", "replace")) for title in normalise(titles)]
    out = np.array(marks, dtype=np.int64) % _PARTS == 0
    known, held = (Titles([titles[at] for at in np.flatnonzero(rows)], answers[rows]) for rows in (~out, out))
    if not len(held.titles) or lesson.folder is None:
        raise ConfigError("a transformer needs more titles, some of them to hold out, and a folder to work in")
    how = course or Course(seed=lesson.seed)
    tuned = finetune.tune(lesson.model, known, held, lesson.taxonomy, folder=lesson.folder, course=how)
    codes = [label.code for label in lesson.taxonomy.labels]
    judged = Judged(tuned.logits(held.titles), [None] * len(held.titles), codes, held.answers)
    return Calibrated(tuned, calibrate.fit(judged, Mixture()).temperature)
