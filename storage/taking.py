"""Claim in transactions of its own: on SQLite the texts are read when others may write again."""

from collections.abc import Sequence
from contextlib import suppress

from metier.errors import DatabaseAway
from metier.types import Claimed
from storage import claims, leases
from storage.engine import HURRY, Engine, reading, single, transaction


def take(engine: Engine, ids: Sequence[int], *, owner: str, lease: float) -> list[Claimed]:
    """Lease those of these jobs that are due, as `claims.claim` does; interrupted, give back what was leased."""
    if engine.dialect.name == "postgresql":
        with single(engine) as connection:
            return claims.claim(connection, ids, owner=owner, lease=lease)
    with transaction(engine) as connection:
        leased = claims.leased(connection, ids, owner=owner, lease=lease)
    try:
        with reading(engine) as connection:
            return claims.texts(connection, leased)
    except BaseException:
        give_back(engine, leased)
        raise


def give_back(engine: Engine, held: Sequence[leases.Fenced]) -> None:
    """Give back what was not done, in a hurry; where the database does not answer, the leases end by themselves."""
    with suppress(DatabaseAway), transaction(engine, patience=HURRY) as connection:
        leases.release(connection, held)
