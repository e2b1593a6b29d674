"""The head that serves: n-grams, the written convention, and the calibration of its taxonomy."""

from collections.abc import Sequence
from dataclasses import dataclass

from metier.types import Text
from pipelines import classify, train
from pipelines.classify import Mixture
from pipelines.conventions.convention import Convention
from pipelines.heads.heads import Lesson
from pipelines.ngrams import Floats
from pipelines.tagger import Batch, Encodes
from pipelines.train import Taught


@dataclass(frozen=True, slots=True)
class Mixed:
    """What was taught, and what it is mixed with."""

    taught: Taught
    codes: Sequence[str]
    convention: Convention | None
    encoder: Encodes | None

    def scores(self, texts: Sequence[Text]) -> Floats:
        """Return calibrated probabilities."""
        batch = Batch(texts, encoder=self.encoder)
        vectors = None if self.taught.weights.vectors is None else batch.vectors
        logits = self.taught.weights.logits(batch.grams, vectors)
        return classify.probabilities(logits, classify.decide(self.convention, batch), self.codes, self.taught.mixture)


def teach(lesson: Lesson) -> Mixed:
    """Teach as the installation does."""
    return mixed(lesson, Mixture())


def mixed(lesson: Lesson, mixture: Mixture) -> Mixed:
    """Teach with these weights of the parts."""
    taught = train.teach(
        lesson.taxonomy,
        lesson.examples,
        mixture,
        seed=lesson.seed,
        encoder=lesson.encoder if mixture.vectors else None,
        convention=lesson.convention,
        calibration=lesson.calibration,
    )
    codes = [label.code for label in lesson.taxonomy.labels]
    return Mixed(taught, codes, lesson.convention, lesson.encoder if mixture.vectors else None)
