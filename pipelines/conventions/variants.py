"""Vary a title as people do: a word added, the other gender, the name of an employer, a slip of the keyboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from pipelines.conventions.files import wrong

_TITLE = "{title}"


@dataclass(frozen=True, slots=True)
class Variant:
    """A pattern around a title, for some languages and codes, used on a share of the titles; it may change codes."""

    pattern: str
    languages: frozenset[str]
    when: Mapping[str, Sequence[str]]
    sets: Mapping[str, str]
    share: float
    choices: Sequence[str]
    longest: int

    @classmethod
    def of(cls, entry: Mapping[str, Any], file: Path, line: int) -> "Variant":
        """Return the variant of one [[variant]]."""
        pattern = entry.get("pattern", "")
        if _TITLE not in pattern:
            raise wrong(file, line, f"the pattern {pattern!r} has no {_TITLE}", f"write {_TITLE} where the title goes")
        if ("{choice}" in pattern) != bool(entry.get("choices")):
            raise wrong(file, line, "{choice} and choices go together", "add the other, or take both out")
        return cls(
            pattern=pattern,
            languages=frozenset(entry.get("languages", [])),
            when=entry.get("when", {}),
            sets=entry.get("set", {}),
            share=float(entry.get("share", 1.0)),
            choices=entry.get("choices", []),
            longest=int(entry.get("longest", 60)),
        )

    def takes(self, title: str, language: str, codes: Mapping[str, str]) -> bool:
        """Say whether this title is to be varied this way."""
        if self.languages and language not in self.languages:
            return False
        if any(codes.get(column, "") not in wanted for column, wanted in self.when.items()):
            return False
        return len(title) <= self.longest and share_of(self.pattern, title) < self.share

    def fill(self, title: str) -> str:
        """Return the varied title."""
        filled = self.pattern.replace(_TITLE, title)
        return filled.replace("{choice}", pick(self.choices, self.pattern, title)) if self.choices else filled


@dataclass(frozen=True, slots=True)
class Gender:
    """How the first word with an ending turns into the other gender."""

    language: str
    ending: str
    becomes: str
    share: float
    keep: frozenset[str]

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> "Gender":
        """Return the gender of one [[gender]]."""
        words = frozenset(entry.get("not", []))
        return cls(entry["language"], entry["ending"], entry["becomes"], float(entry.get("share", 1.0)), words)

    def turn(self, title: str, language: str) -> str | None:
        """Return the title in the other gender, or nothing where it has no such word."""
        if language != self.language or share_of(self.ending + self.becomes, title) >= self.share:
            return None
        words = title.split(" ")
        for at, word in enumerate(words):
            if word.endswith(self.ending) and len(word) > len(self.ending) + 1 and word not in self.keep:
                words[at] = word[: -len(self.ending)] + self.becomes
                return " ".join(words)
        return None


def share_of(salt: str, title: str) -> float:
    """Return a number from 0 to 1 that hangs on nothing but these words."""
    return crc32(f"{salt}\x1f{title}".encode()) / 2**32


def pick(choices: Sequence[str], salt: str, title: str) -> str:
    """Return one of the choices, always the same for the same words."""
    return choices[crc32(f"{title}\x1f{salt}".encode()) % len(choices)]


def misspelt(title: str) -> str:
    """Return the title with one letter lost, doubled or swapped with its neighbour, never the first of a word."""
    places = [at for at in range(1, len(title) - 1) if title[at - 1 : at + 2].isalpha()]
    if not places:
        return title
    at = places[crc32(title.encode()) % len(places)]
    slip = crc32(f"slip {title}".encode()) % 3
    if slip == 0:
        return title[:at] + title[at + 1 :]
    if slip == 1:
        return title[:at] + title[at] + title[at:]
    return title[:at] + title[at + 1] + title[at] + title[at + 2 :]
