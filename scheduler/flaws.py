"""Which postings of a page cannot be stored, and why, so that the rest of the page can."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from metier.errors import MetierError, Transient
from metier.types import Posting
from scheduler.work import described
from storage import postings
from storage.engine import Engine, transaction

KEY_LIMIT = 500
Saved = TypeVar("Saved")


class _Undo(Exception):
    """Takes a trial back."""


def without(engine: Engine, batch: Sequence[Posting], save: Callable[[list[Posting], list[str]], Saved]) -> Saved:
    """Save what can be stored of a batch; `save` is given that, and of each other posting why it cannot."""
    flaws = {posting.ref: reason for posting in batch if (reason := flaw(posting)) is not None}
    while True:
        good = [posting for posting in batch if posting.ref not in flaws]
        try:
            return save(good, [f"{ref[:100]}: {reason}" for ref, reason in flaws.items()])
        except MetierError:
            raise
        except Exception:  # whatever a database or a library makes of one odd posting
            unsavable = tried(engine, good)
            if not unsavable:
                raise
            flaws |= unsavable


def flaw(posting: Posting) -> str | None:
    """Return why this posting cannot be stored, None where nothing is known against it."""
    if not posting.key or len(posting.key) > KEY_LIMIT:
        return f"its key has {len(posting.key)} characters; 1 to {KEY_LIMIT} can be stored"
    for moment in (posting.published, posting.closing):
        if moment is not None and not _storable(moment):
            return f"the date {moment.isoformat()} cannot be stored; give one in UTC"
    return None


def tried(engine: Engine, batch: Sequence[Posting]) -> dict[str, str]:
    """Find the postings that make saving fail, by halves and without saving any; return the reason of each."""
    try:
        with transaction(engine) as connection:
            postings.ingest(connection, batch)
            raise _Undo
    except _Undo:
        return {}
    except Transient:
        raise
    except Exception as error:  # noqa: BLE001  whatever a database or a library makes of one odd posting
        if len(batch) == 1:
            return {batch[0].ref: described(error)}
    half = len(batch) // 2
    return tried(engine, batch[:half]) | tried(engine, batch[half:])


def _storable(moment: datetime) -> bool:
    try:
        return moment.tzinfo is not None and moment.astimezone(UTC).year > 0
    except OverflowError:
        return False
