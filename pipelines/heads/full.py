"""The mixture with sentence vectors besides the n-grams."""

from pipelines.classify import Mixture
from pipelines.heads.heads import Lesson
from pipelines.heads.mixture import Mixed, mixed


def teach(lesson: Lesson) -> Mixed:
    """Teach with vectors that count as much as a title's n-grams."""
    return mixed(lesson, Mixture(vectors=1.0))
