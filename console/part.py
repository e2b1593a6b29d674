"""Turn the running command into another part of the system, which then gets the signals meant for it."""

import os
import sys
from collections.abc import Sequence
from functools import partial
from typing import NoReturn

from console import broker, database
from console.screen import say
from console.supervise import environment
from metier.errors import Transient
from metier.settings import settings


def become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by `python -m MODULE`, which waits for a broker or database that is away."""
    address = broker.url(settings())
    for needed in (partial(broker.ping, address), _see_database):
        try:
            needed()
        except Transient as away:
            say(f"metier: {away} Waiting for it.")
    given = {**environment(), "METIER_BROKER_URL": address}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], given)  # noqa: S606  no shell is wanted


def _see_database() -> None:
    """Raise ConfigError where the schema is not ours: no worker may begin on it, broker or not."""
    with database.opened(settings()):
        pass
