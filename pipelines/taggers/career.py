"""Career category of a posting, from the n-grams of its title and the sentence vector of title and body."""

from pipelines import head
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Tagger
from pipelines.taggers import tagger


@tagger("career", made_by=HeadRecipe(Mixture(vectors=1.0)))
def load(found: Artifact) -> Tagger:
    """Load the head."""
    return head.load(found)
