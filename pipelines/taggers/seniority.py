"""Seniority of a title, from its n-grams and the convention: sentence vectors made it worse."""

from pipelines import head
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.conventions import bodies
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Tagger
from pipelines.taggers import tagger


@tagger("seniority", made_by=HeadRecipe(Mixture(vectors=0.0)))
def load(found: Artifact) -> Tagger:
    """Load the head, its convention and what that reads in bodies."""
    return bodies.over(head.load(found))
