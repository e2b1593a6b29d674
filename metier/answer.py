"""The tags of one text as they are stored: what the outbox tells of them, and the evidence of each, as JSON.

Who keeps answers or writes them down passes this on as it is; a `Tag` is made only for who asks for one.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import overload

from pydantic_core import from_json

from metier.json_text import as_json
from metier.types import Tag, rounded


@dataclass(frozen=True, slots=True)
class Answer(Sequence[Tag]):
    """Tags, those of a taxonomy together."""

    said: Mapping[str, Sequence[tuple[str, float, bool]]] = field(compare=False)
    """By taxonomy: code, score, sure."""
    told: str
    """What is said, as JSON in one line."""
    evidence: Sequence[str]
    """Of each tag in the order of `said`, as JSON in one line."""

    @classmethod
    def of(cls, tags: Sequence[Tag]) -> "Answer":
        """Return these tags as an answer, which they may be already."""
        if isinstance(tags, Answer):
            return tags
        said: dict[str, list[tuple[str, float, bool]]] = {}
        for tag in tags:
            one = (tag.code, rounded(tag.score), tag.sure)
            if tag.taxonomy in said:
                said[tag.taxonomy].append(one)
            else:
                said[tag.taxonomy] = [one]
        if len(said) < len(tags):
            places = {taxonomy: place for place, taxonomy in enumerate(said)}
            tags = sorted(tags, key=lambda tag: places[tag.taxonomy])
        return cls(said, as_json(said), [as_json(tag.evidence) if tag.evidence else "{}" for tag in tags])

    @classmethod
    def read(cls, written: str) -> "Answer":
        """Return the answer that was written by `written`."""
        told, *evidence = written.split("\n")
        return cls(from_json(told), told, evidence)

    def written(self) -> str:
        """Write the answer as text."""
        return "\n".join((self.told, *self.evidence))

    def only(self, taxonomies: Container[str]) -> "Answer":
        """Return what is said in these taxonomies."""
        places = [taxonomy in taxonomies for taxonomy, some in self.said.items() for _ in some]
        said = {taxonomy: some for taxonomy, some in self.said.items() if taxonomy in taxonomies}
        kept = [one for one, wanted in zip(self.evidence, places, strict=True) if wanted]
        return Answer(said, as_json(said), kept)

    def __len__(self) -> int:
        return len(self.evidence)

    @overload
    def __getitem__(self, place: int) -> Tag: ...
    @overload
    def __getitem__(self, place: slice) -> list[Tag]: ...
    def __getitem__(self, place: int | slice) -> Tag | list[Tag]:
        return self._tags()[place]

    def __iter__(self) -> Iterator[Tag]:
        return iter(self._tags())

    def _tags(self) -> list[Tag]:
        cells = [(taxonomy, *one) for taxonomy, some in self.said.items() for one in some]
        return [Tag(*one, from_json(why)) for one, why in zip(cells, self.evidence, strict=True)]
