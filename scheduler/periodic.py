"""All kinds of periodic jobs, and the schedules that belong to an installation: the fixed ones, and one a source.

A new fixed one is a row in `SEEDS` and, where no kind fits, an entry in `kinds`. A source needs neither: it says
`every=` in its decorator.
"""

import threading
from collections.abc import Mapping
from zlib import crc32

from metier.settings import Settings
from scheduler import boards, sources
from scheduler.drift import Measure
from scheduler.due import interval
from scheduler.forget import Forget
from scheduler.poll import Poll
from scheduler.retag import ROOM, Retag
from scheduler.retrain import Retrain, Rule
from scheduler.sources import Planned, Source
from scheduler.work import Periodic
from storage import schedule
from storage import sources as standing
from storage.engine import Connection
from storage.schedule import EVERY, Schedule

SEEDS = (
    Schedule("drift", "drift", "41 4 * * *"),
    Schedule("forget", "forget", "17 3 * * *"),
    Schedule("retag", "retag", "every 10s"),
    Schedule("retrain", "retrain", "every 10m"),
)
POLL = "poll "
_SPREAD = 60
"""Sources that are polled as seldom as this many seconds do not all begin at the same moment."""


def kinds(settings: Settings, paused: threading.Event, *, on: Mapping[str, Source]) -> Mapping[str, Periodic]:
    """Return what each kind of schedule does; polling knows the sources that are on, and stays away while `paused`."""
    return {
        "drift": Measure(),
        "forget": Forget(settings.keep_done, settings.keep_cvs),
        "retrain": Retrain(Rule(settings.retrain_after, settings.retrain_every)),
        "poll": Poll(on, paused),
        "retag": Retag(min(ROOM, settings.backlog_bound // 2)),
    }


def schedules(planned: Mapping[str, Planned]) -> list[Schedule]:
    """Return the fixed schedules and one for each source that is switched on."""
    return [*SEEDS, *(_polling(name, one.every) for name, one in planned.items())]


def establish(connection: Connection, planned: Mapping[str, Planned]) -> None:
    """Write the schedules that are not there yet; those of boards follow sources.toml, which was read without fault."""
    wanted = schedules(planned)
    schedule.seed(connection, wanted)
    schedule.follow(connection, [one for one in wanted if one.name.startswith(POLL) and ":" in one.name])
    kinds = [f"{POLL}{kind}:" for kind in sources.kinds_of_boards()]
    gone = schedule.retire(connection, kinds, keep=[one.name for one in wanted])
    standing.retire(connection, [*(name.removeprefix(POLL) for name in gone), boards.FILE.name])


def _polling(name: str, every: str) -> Schedule:
    """Return when a source is polled: the name of a board decides at which moment within its period."""
    if " " in every:  # a rule by the calendar
        return Schedule(f"{POLL}{name}", "poll", every, {"source": name})
    rule = f"{EVERY}{every}"
    seconds = int(interval(rule).total_seconds())
    if ":" in name and seconds >= _SPREAD:
        rule = f"{rule} + {crc32(name.encode()) % seconds}s"
    return Schedule(f"{POLL}{name}", "poll", rule, {"source": name})
