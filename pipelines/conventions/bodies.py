"""Ask the body of a posting where its title leaves doubt; what a title says surely is never overruled."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from metier.types import Tag, Taxonomy
from pipelines.classify import Head, log_odds
from pipelines.conventions.convention import Convention, Decision
from pipelines.tagger import Batch, Tagger


@dataclass(frozen=True, slots=True)
class BodyReader:
    """A head, and the phrases of its convention that speak for labels in a body."""

    head: Head
    convention: Convention

    @property
    def taxonomy(self) -> Taxonomy:
        """Return the taxonomy whose labels it gives."""
        return self.head.taxonomy

    @property
    def artifact(self) -> str:
        """Return the name and short digest of the artifact that decides."""
        return self.head.artifact

    def tag(self, batch: Batch) -> list[list[Tag]]:
        """Return the answers of the head, those in doubt weighed against what the body says."""
        tags = self.head.tag(batch)
        doubtful = [row for row, item in enumerate(batch.texts) if item.body and not tags[row][0].sure]
        hints = {row: said for row in doubtful if (said := self.convention.hints(batch.texts[row].body))}
        if hints:
            asked = batch.some(hints, top=len(self.taxonomy.labels))
            for (row, said), ranked in zip(hints.items(), self.head.tag(asked), strict=True):
                tags[row] = self._weighed(ranked, said)[: batch.top]
        return tags

    def _weighed(self, ranked: Sequence[Tag], said: Sequence[Decision]) -> list[Tag]:
        """Return all candidates after the body was heard, best first."""
        mixture = self.head.mixture
        spoken = {hint.code: hint for hint in said if hint.confidence > mixture.doubt}
        weights = [
            tag.score * math.exp(mixture.rules * log_odds(hint.confidence) / mixture.temperature)
            if (hint := spoken.get(tag.code))
            else tag.score
            for tag in ranked
        ]
        whole = sum(weights)
        pairs = sorted(zip(ranked, weights, strict=True), key=lambda pair: -pair[1])
        first, *others = [replace(tag, score=weight / whole, sure=False, evidence={}) for tag, weight in pairs]
        hint = spoken.get(first.code)
        if first.code != ranked[0].code and hint is not None:
            # no body was measured, so what only a body says stays a question
            first = replace(first, evidence={"rule": hint.rule, "words": list(hint.words)})
        else:
            body = {"body": list(hint.words)} if hint else {}
            sure = ranked[0].score <= first.score >= mixture.sure
            first = replace(first, sure=sure, evidence={**ranked[0].evidence, **body})
        return [first, *others]


def over(head: Head) -> Tagger:
    """Return the head with an eye on bodies where its convention has phrases for them."""
    convention = head.convention
    return BodyReader(head, convention) if isinstance(convention, Convention) and convention.body.terms else head
