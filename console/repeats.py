"""Counting ids that were there before, in the same little memory however long the table is."""

from array import array

from console.tagging import Chunk
from scheduler.reading.rows import Row

REMEMBERED = 2**16  # ids that are remembered at the least; of twice as many at the most
_SLOTS = 2 * REMEMBERED
_NUMBERS = "Q"
_HASHES = 2**64


class Repeats:
    """Counts the rows whose id was there before, within the last rows."""

    def __init__(self) -> None:
        self.count = 0
        self.first = ""
        self._young, self._old = _Ids(), _Ids()

    def look(self, chunk: Chunk) -> None:
        """Remember the ids of these rows."""
        for row in (item for item in chunk if isinstance(item, Row)):
            value = row.get("id")
            if value is None or value == "":
                continue
            key = str(value)
            known = hash(key) % _HASHES or 1
            earlier = self._young.row(known) or self._old.row(known)
            if earlier:
                self.count += 1
                self.first = self.first or f"{key[:100]!r} at {row.unit} {earlier} and {row.place}"
                continue
            self._young.add(known, row.number)
            if self._young.held == REMEMBERED:
                self._young, self._old = _Ids(), self._young


class _Ids:
    """Hashes of ids with the numbers of their rows: two rows of numbers, which take no more when they fill."""

    def __init__(self) -> None:
        self.held = 0
        self._hashes = array(_NUMBERS, bytes(8 * _SLOTS))
        self._rows = array(_NUMBERS, bytes(8 * _SLOTS))

    def row(self, known: int) -> int:
        """Return the number of the row of this id, 0 where there was none."""
        slot = self._slot(known)
        return self._rows[slot] if self._hashes[slot] else 0

    def add(self, known: int, row: int) -> None:
        """Remember an id."""
        slot = self._slot(known)
        self._hashes[slot], self._rows[slot] = known, row
        self.held += 1

    def _slot(self, known: int) -> int:
        """Return where an id stands, or the free place where it would."""
        slot = known % _SLOTS
        while self._hashes[slot] not in (0, known):
            slot = (slot + 1) % _SLOTS
        return slot
