"""Some thousand jobs at a ReliefWeb on loopback, one of them with an odd shape, of several pages together."""

import atexit
from pathlib import Path

from metier.settings import Settings
from storage import migrate
from storage.engine import create
from tests.fakes.reliefweb import APPNAME, FakeReliefWeb, a_job

JOBS = 1700


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good jobs."""
    fake = FakeReliefWeb([a_job(number) for number in range(1, JOBS + 1)] + [a_job(JOBS + 1, title=["odd"])])
    fake.__enter__()
    atexit.register(fake.close)
    settings = Settings(home=folder, reliefweb_appname=APPNAME, reliefweb_url=fake.url)
    engine = create(settings.database)  # calls are counted there
    migrate.upgrade(engine)
    engine.dispose()
    return settings, {str(number) for number in range(1, JOBS + 1)}
