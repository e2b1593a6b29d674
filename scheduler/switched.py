"""The sources that are on now: sources.toml is read again when it changes; one that is wrong leaves the old serving.

It is looked at in each turn of the scheduler, which costs a stat, and read once it has stood still for a turn: half of
what an editor writes is not taken for the whole.
"""

from collections.abc import Iterator, Mapping

import structlog

from metier.errors import ConfigError
from metier.settings import Settings
from scheduler import boards, periodic, sources
from scheduler.sources import Source
from scheduler.work import described
from storage import sources as standing
from storage.engine import Connection, Engine, transaction

_log = structlog.get_logger()


class Switched(Mapping[str, Source]):
    """The sources by their names, as the settings and the file of today have them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read = self._seen = boards.stamp(settings)
        self._now = sources.planned(settings)

    def establish(self, connection: Connection) -> None:
        """Write down when each is polled."""
        periodic.establish(connection, self._now)

    def look(self, engine: Engine) -> None:
        """Read the file again if it was changed, and write its schedules; what is wrong with it is noted and said."""
        stamp = boards.stamp(self._settings)
        still, self._seen = stamp == self._seen, stamp
        if stamp == self._read or not still:
            return
        try:
            planned = sources.planned(self._settings)
        except Exception as error:  # noqa: BLE001  whatever is in the file, the turn goes on
            reason = str(error) if isinstance(error, ConfigError) else f"{boards.FILE}: {described(error)}"
            with transaction(engine) as connection:
                standing.begin(connection, boards.FILE.name)
                standing.refuse(connection, boards.FILE.name, f"{reason}; meanwhile it is as it was before")
            _log.error("sources.toml is wrong, the one before goes on", reason=reason)
        else:
            with transaction(engine) as connection:
                periodic.establish(connection, planned)
            _log.info("sources.toml was read again", sources=len(planned))
            self._now = planned
        self._read = stamp

    def __getitem__(self, name: str) -> Source:
        return self._now[name].source

    def __iter__(self) -> Iterator[str]:
        return iter(self._now)

    def __len__(self) -> int:
        return len(self._now)
