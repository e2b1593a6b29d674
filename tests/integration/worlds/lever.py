"""Some hundred jobs at a Lever on loopback, one of them with an odd shape."""

import atexit
from pathlib import Path

from metier.settings import Settings
from tests.fakes.boards import FakeLever, at_lever
from tests.integration.worlds.named import by_file

JOBS = 350


def build(folder: Path) -> tuple[Settings, set[str]]:
    """Start the service and return how to reach it, with the keys of all good postings."""
    fake = FakeLever(*(at_lever(number) for number in range(1, JOBS + 1)), at_lever(JOBS + 1, text=["odd"]))
    fake.__enter__()
    atexit.register(fake.close)
    keys = {str(at_lever(number)["id"]) for number in range(1, JOBS + 1)}
    return by_file(folder, f'[[lever]]\nsite = "acme"\nurl = "{fake.url}"\n'), keys
