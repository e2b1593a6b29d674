"""What is read of a posting beside its tags: structured fields and a signature of its text; and from what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from metier.fields import Fields

STATED = ("salary", "employment", "remote", "json_ld", "salary_text")
"""The keys of `Posting.extra` that fields are taken from; docs/sources.md says what each holds."""


@dataclass(frozen=True, slots=True)
class Stated:
    """What the source states of a posting besides its text; the keys of `extra` are in docs/sources.md."""

    location: str = ""
    country: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)  # any JSON the source adds


@dataclass(frozen=True, slots=True)
class Signature:
    """What two postings of one job have in common; `sketch` estimates how much of their texts it is."""

    title: str
    """The words of the title that say what the job is, in their order."""
    company: str
    place: str
    bands: tuple[int, ...]
    """Hashes of parts of the sketch: texts that are alike share one of them."""
    sketch: str


@dataclass(frozen=True, slots=True)
class Gleaned:
    """What was read of one posting; a text too short to compare has no signature."""

    fields: Fields = field(default_factory=Fields)
    signature: Signature | None = None
