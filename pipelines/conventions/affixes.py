"""Find at once which of thousands of beginnings, endings and insides a word has: by its pieces, not one by one."""

from dataclasses import dataclass, field
from typing import Generic, TypeVar

Found = TypeVar("Found")


@dataclass(slots=True)
class Affixes(Generic[Found]):
    """What is looked for, filed by its letters; asking costs about as many look-ups as the word has pieces."""

    _begins: dict[str, list[tuple[int, Found]]] = field(default_factory=dict)
    _ends: dict[str, list[tuple[int, Found]]] = field(default_factory=dict)
    _inside: dict[str, list[tuple[int, Found]]] = field(default_factory=dict)
    _begin_lengths: set[int] = field(default_factory=set)
    _end_lengths: set[int] = field(default_factory=set)
    _inside_lengths: set[int] = field(default_factory=set)
    _filed: int = 0

    def begins(self, text: str, found: Found) -> None:
        """File what words have that begin so."""
        self._file(self._begins, self._begin_lengths, text, found)

    def ends(self, text: str, found: Found) -> None:
        """File what words have that end so."""
        self._file(self._ends, self._end_lengths, text, found)

    def inside(self, text: str, found: Found) -> None:
        """File what words have that hold this anywhere; where they hold it twice, the first place counts."""
        self._file(self._inside, self._inside_lengths, text, found)

    def of(self, word: str) -> list[tuple[int, int, Found]]:
        """Return all that the word has, in the order it was filed, and from where to where."""
        size = len(word)
        spans: list[tuple[int, int, int, Found]] = []
        for length in self._begin_lengths:
            if length <= size and (filed := self._begins.get(word[:length])):
                spans += [(number, 0, length, found) for number, found in filed]
        for length in self._end_lengths:
            if length <= size and (filed := self._ends.get(word[size - length :])):
                spans += [(number, size - length, size, found) for number, found in filed]
        for length in self._inside_lengths:
            seen: set[str] = set()
            for start in range(size - length + 1):
                piece = word[start : start + length]
                if (filed := self._inside.get(piece)) and piece not in seen:
                    seen.add(piece)
                    spans += [(number, start, start + length, found) for number, found in filed]
        spans.sort(key=lambda span: span[0])
        return [(start, end, found) for _, start, end, found in spans]

    def _file(self, there: dict[str, list[tuple[int, Found]]], lengths: set[int], text: str, found: Found) -> None:
        there.setdefault(text, []).append((self._filed, found))
        lengths.add(len(text))
        self._filed += 1
