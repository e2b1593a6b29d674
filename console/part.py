"""Turn the running command into another part of the system, which then gets the signals meant for it."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from console import broker, database
from console.screen import say
from console.supervise import environment
from metier.errors import Transient
from metier.settings import settings


def become(module: str, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by `python -m MODULE`, which waits for a broker or database that is away."""
    address = broker.url(settings())
    try:
        broker.ping(address)
        with database.opened(settings()):
            pass
    except Transient as away:
        say(f"metier: {away} Waiting for it.")
    given = {**environment(), "METIER_BROKER_URL": address}
    sys.stdout.flush()
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], given)  # noqa: S606  no shell is wanted
