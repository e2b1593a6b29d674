"""Some hundred jobs at a Greenhouse on loopback, one of them with an odd shape."""

import atexit
from pathlib import Path

from metier.settings import Settings
from tests.fakes.boards import FakeGreenhouse, at_greenhouse
from tests.integration.worlds.named import by_file

JOBS = 350


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good postings."""
    fake = FakeGreenhouse(
        *(at_greenhouse(number) for number in range(1, JOBS + 1)), at_greenhouse(JOBS + 1, title=["odd"])
    )
    fake.__enter__()
    atexit.register(fake.close)
    keys = {str(at_greenhouse(number)["id"]) for number in range(1, JOBS + 1)}
    return by_file(folder, f'[[greenhouse]]\ntoken = "acme"\nurl = "{fake.url}"\n'), keys
