"""How the tags of a row stand in a result: nested in JSONL, in columns of their own in tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from console import showing
from metier.fields import Known
from metier.types import Tag, Taxonomy, TaxonomyKind, rounded
from scheduler.reading.rows import Row

_NONE: Mapping[str, type] = {}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One input row and what came of it: its tags, or why it has none. An unreadable row has no cells."""

    row: Row | None
    tags: Sequence[Tag] = ()
    error: str = ""
    truncated: bool = False  # the file breaks off here
    fields: Known | None = None  # where they were asked for


class Answers:
    """Knows the taxonomies that were asked for, in their order, and the names of their labels."""

    def __init__(
        self, taxonomies: Sequence[Taxonomy], header: Sequence[str], *, beside: Mapping[str, type] = _NONE
    ) -> None:
        self._taxonomies = taxonomies
        self._header = header
        self._beside = dict(beside)  # the columns of the fields, where they were asked for
        self._names = {(taxonomy.name, label.code): label.name for taxonomy in taxonomies for label in taxonomy.labels}

    def nested(self, outcome: Outcome) -> dict[str, object]:
        """Return a line of JSONL: id, title and the tags by taxonomy, best first; or id and error."""
        row = outcome.row
        if row is None or outcome.error:
            return {"id": row.get("id") if row else None, "error": outcome.error}
        tags: dict[str, list[dict[str, object]]] = {taxonomy.name: [] for taxonomy in self._taxonomies}
        for tag in outcome.tags:
            tags[tag.taxonomy].append(
                {"code": tag.code, "name": self._name(tag), "score": rounded(tag.score), "sure": tag.sure}
            )
        told: dict[str, object] = {"id": row.get("id"), "title": row.text("title"), "tags": tags}
        return told if outcome.fields is None else told | {"fields": showing.nested(outcome.fields)}

    def flat(self, outcome: Outcome) -> dict[str, object]:
        """Return a row of a table: the input's cells, then answer, name, score and sureness of each taxonomy."""
        record: dict[str, object] = dict(outcome.row.values) if outcome.row else {}
        record[self._added["error"]] = outcome.error or None
        for taxonomy in self._taxonomies:
            tags = [tag for tag in outcome.tags if tag.taxonomy == taxonomy.name]
            for column, value in self._cells(taxonomy, tags).items():
                record[self._added[column]] = value
        for column, value in showing.flat(outcome.fields or Known()).items() if self._beside else ():
            record[self._added[column]] = value
        return record

    @property
    def columns(self) -> list[str]:
        """Return the columns of a table: the input's own, then ours."""
        return [*self._header, *self._added.values()]

    @property
    def types(self) -> dict[str, type]:
        """Return the types of our columns; they are the same in every table, be it that no row has an answer."""
        return {self._added[column]: kind for column, kind in self._wanted.items()}

    @cached_property
    def _added(self) -> dict[str, str]:
        """Name our columns; where the input has one of that name already, ours gets a number."""
        taken, named = set(self._header), {}
        for column in self._wanted:
            name, number = column, 1
            while name in taken:
                number += 1
                name = f"{column}_{number}"
            taken.add(name)
            named[column] = name
        return named

    @cached_property
    def _wanted(self) -> dict[str, type]:
        """Return our columns as they are called where the input has none of that name."""
        answers = {
            column: kind
            for taxonomy in self._taxonomies
            for column, kind in zip(self._cells(taxonomy, []), (str, str, _score(taxonomy), bool), strict=False)
        }
        return answers | self._beside | {"error": str}

    def _cells(self, taxonomy: Taxonomy, tags: Sequence[Tag]) -> Mapping[str, object]:
        name = taxonomy.name
        if taxonomy.kind is TaxonomyKind.MANY:
            sure = [tag for tag in tags if tag.sure]
            return {
                name: "; ".join(tag.code for tag in sure) or None,
                f"{name}_name": "; ".join(map(self._name, sure)) or None,
                f"{name}_score": "; ".join(f"{tag.score:.4f}" for tag in sure) or None,
            }
        best = tags[0] if tags else None
        return {
            name: best.code if best else None,
            f"{name}_name": self._name(best) if best else None,
            f"{name}_score": rounded(best.score) if best else None,
            f"{name}_sure": best.sure if best else None,
        }

    def _name(self, tag: Tag) -> str:
        return self._names.get((tag.taxonomy, tag.code), tag.code)


def _score(taxonomy: Taxonomy) -> type:
    """Return what the score of an answer is: a number, or of several answers their numbers in a text."""
    return str if taxonomy.kind is TaxonomyKind.MANY else float
