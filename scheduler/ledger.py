"""What a day allows of a source, counted in SQL over all schedulers, before each call, whatever becomes of it."""

from datetime import UTC, datetime, time, timedelta

from metier.errors import SourceUnavailable
from storage import quotas
from storage.engine import Engine, create, transaction

_MARGIN = timedelta(minutes=2)
"""The clocks of the service and of the database need not agree on midnight."""


class Ledger:
    """The calls of one source; its connection to the database lasts from the first call to `close`."""

    def __init__(self, database: str, name: str, *, daily: int) -> None:
        self._database = database
        self._name = name
        self._daily = daily
        self._engine: Engine | None = None

    def spend(self) -> None:
        """Count one call; raise SourceUnavailable until after midnight where the day allows no more."""
        self._engine = self._engine or create(self._database)
        with transaction(self._engine) as connection:
            allowed = quotas.spend(connection, f"calls {self._name}", 1, limit=self._daily)
        if not allowed:
            raise SourceUnavailable(
                f"{self._name}: the {self._daily:,} calls of today are used up; it goes on after midnight UTC",
                after=_until_midnight(datetime.now(UTC)) + _MARGIN,
            )

    def close(self) -> None:
        """Leave the database."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _until_midnight(now: datetime) -> timedelta:
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now
