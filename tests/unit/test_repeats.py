"""Ids that were there before are counted, and no memory grows with the table."""

import tracemalloc

from console.repeats import REMEMBERED, Repeats
from scheduler.reading.rows import Row

FIELDS = {"id": "id"}


def rows(*ids: object, first: int = 2) -> list[Row]:
    """Return rows with these ids."""
    return [Row(number, {"id": id_}, FIELDS) for number, id_ in enumerate(ids, start=first)]


def test_an_id_that_was_there_before_is_counted_and_the_first_named() -> None:
    repeats = Repeats()
    repeats.look(rows("a", 7, "", None, "b"))
    repeats.look(rows("c", "7", "a", "", None, "a", first=7))
    assert (repeats.count, repeats.first) == (3, "'7' at line 3 and line 8")


def test_ids_are_remembered_far_back_in_the_same_memory() -> None:
    repeats = Repeats()
    tracemalloc.start()
    try:
        for start in range(0, 3 * REMEMBERED, 2048):
            repeats.look(rows(*range(start, start + 2048)))
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert used < 5_000_000
    assert repeats.count == 0
    repeats.look(rows(2 * REMEMBERED + 1, 0))
    assert repeats.count == 1
