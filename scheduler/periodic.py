"""All kinds of periodic jobs, and the schedules that a new database begins with.

A new one is a row in `SEEDS` and, where no kind fits, an entry in `kinds`.
"""

import threading
from collections.abc import Mapping

from metier.settings import Settings
from scheduler import sources
from scheduler.forget import Forget
from scheduler.poll import Poll
from scheduler.work import Periodic
from storage.schedule import Schedule

SEEDS = (
    Schedule("forget", "forget", "17 3 * * *"),
    Schedule("poll files", "poll", "every 5s", {"source": "files"}),
    Schedule("poll linkedin", "poll", "every 5s", {"source": "linkedin"}),
    Schedule("poll linkedin_guest", "poll", "23 */6 * * *", {"source": "linkedin_guest"}),
    Schedule("poll reliefweb", "poll", "every 5m", {"source": "reliefweb"}),
)


def kinds(settings: Settings, paused: threading.Event) -> Mapping[str, Periodic]:
    """Return what each kind of schedule does; polling stays away while `paused` is set."""
    return {
        "forget": Forget(settings.keep_done),
        "poll": Poll(sources.configured(settings), paused),
    }
