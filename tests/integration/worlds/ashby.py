"""Some hundred jobs at a Ashby on loopback, one of them with an odd shape."""

import atexit
from pathlib import Path

from metier.settings import Settings
from tests.fakes.boards import FakeAshby, at_ashby
from tests.integration.worlds.named import by_file

JOBS = 350


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good postings."""
    fake = FakeAshby(*(at_ashby(number) for number in range(1, JOBS + 1)), at_ashby(JOBS + 1, title=["odd"]))
    fake.__enter__()
    atexit.register(fake.close)
    keys = {str(at_ashby(number)["id"]) for number in range(1, JOBS + 1)}
    return by_file(folder, f'[[ashby]]\nboard = "acme"\nurl = "{fake.url}"\n'), keys
