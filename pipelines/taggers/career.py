"""Career category, from the n-grams of a title, and a sentence vector where they leave doubt or there is a body."""

from pipelines import bare, head
from pipelines.artifact import Artifact
from pipelines.classify import Mixture
from pipelines.recipe import HeadRecipe
from pipelines.tagger import Tagger
from pipelines.taggers import tagger


@tagger("career", made_by=HeadRecipe(Mixture(vectors=1.0)))
def load(found: Artifact) -> Tagger:
    """Load the head, and before it the n-grams that spare bare titles the encoder."""
    return bare.over(head.load(found))
