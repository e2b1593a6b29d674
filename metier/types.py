"""The shared nouns: posting, label, taxonomy, tag, example, job. Values only, no behaviour that needs anything else."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a posting row is: an advertised job or one position on a CV; both walk the same road."""

    POSTING = "posting"
    TITLE = "title"


class Origin(StrEnum):
    """Who says so. `person` is never replaced by a model; `gold` is never trained on."""

    MODEL = "model"
    LLM = "llm"
    PERSON = "person"
    SOURCE = "source"
    GOLD = "gold"
    REVIEWED = "reviewed"
    PSEUDO = "pseudo"


class Lane(StrEnum):
    """Which jobs go first: what arrives now goes before what is worked off."""

    LIVE = "live"
    BACKFILL = "backfill"


class JobState(StrEnum):
    """Where a job stands; every job ends done, dead or cancelled."""

    READY = "ready"
    LEASED = "leased"
    DONE = "done"
    DEAD = "dead"
    CANCELLED = "cancelled"


class TaxonomyKind(StrEnum):
    """How the labels of a taxonomy relate: one of many, a tree, ordered levels, or any number at once."""

    FLAT = "flat"
    TREE = "tree"
    ORDINAL = "ordinal"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Label:
    """One answer that a taxonomy allows; `code` is a lower-case slug or the official code."""

    code: str
    name: str
    parent: str | None = None
    definition: str = ""
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """A named set of labels; all but `many` have one answer a posting."""

    name: str
    version: str
    kind: TaxonomyKind
    labels: tuple[Label, ...]

    def label(self, code: str) -> Label:
        """Return the label of this code, or raise KeyError."""
        for label in self.labels:
            if label.code == code:
                return label
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Tag:
    """One label given to one text, with how sure and why. Evidence is small and JSON-ready."""

    taxonomy: str
    code: str
    score: float
    sure: bool
    evidence: Mapping[str, Any] = field(default_factory=dict)  # any JSON: each tagger has its own reasons to show


def rounded(score: float) -> float:
    """Return a score with the four digits that are stored and shown; the built-in round takes ten times as long."""
    return int(score * 10_000 + 0.5) / 10_000 if 0 <= score <= 1 else round(score, 4)


@dataclass(frozen=True, slots=True)
class Posting:
    """One advertised job (or CV title) as its source last showed it. `ref` names it: "reliefweb:4021337"."""

    source: str
    key: str
    title: str
    kind: Kind = Kind.POSTING
    body: str = ""
    company: str = ""
    location: str = ""
    country: str = ""
    language: str = ""
    url: str = ""
    published: datetime | None = None
    closing: datetime | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)  # any JSON the source adds: own labels, dates of a position
    partial: bool = False
    """Whether the source shows less than it knows, a line in a list: it never replaces what is known already."""

    @property
    def ref(self) -> str:
        """Return the name by which people and logs call this posting."""
        return f"{self.source}:{self.key}"


@dataclass(frozen=True, slots=True)
class Text:
    """What a tagger reads of a posting. A CV title has no body."""

    title: str
    body: str = ""
    language: str = ""
    company: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker holds until its lease ends; the fence proves it at completion."""

    id: int
    subject: int
    revision: int
    fence: int
    attempts: int
    purpose: str
    ref: str
    text: Text


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled text to learn from or to measure on."""

    text: str
    taxonomy: str
    code: str
    origin: Origin
    language: str = ""
