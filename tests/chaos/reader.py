"""Read the export while the run goes on, as feeds do: each event must come once, in order, whoever numbers it."""

import threading

from metier.errors import DatabaseAway
from storage import outbox
from storage.engine import create, reading, transaction


class Reader:
    """One reader with a cursor of its own."""

    def __init__(self, url: str) -> None:
        self.seen: list[int] = []
        self._engine = create(url)
        self._cursor = 0

    def run(self, stop: threading.Event) -> None:
        """Read until told to stop, then once more to the end."""
        while not stop.wait(1.0):
            self._look()
        while self._look():
            pass
        self._engine.dispose()

    def _look(self) -> bool:
        try:
            with transaction(self._engine) as connection:
                fresh = outbox.number(connection)
            with reading(self._engine) as connection:
                changes = outbox.read(connection, self._cursor, 5_000)
        except DatabaseAway:
            return True
        self.seen += [change.seq for change in changes]
        self._cursor = self.seen[-1] if self.seen else 0
        return bool(fresh or changes)
