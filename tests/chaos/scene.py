"""What faults may lay hands on, and how a fault is declared."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.chaos.databases import Database
from tests.chaos.feed import Feed
from tests.chaos.keeper import Keeper
from tests.chaos.proxy import Proxy
from tests.servers import Valkey


@dataclass(slots=True)
class Scene:
    """A running system and the hands on its throat."""

    keeper: Keeper
    broker: Valkey
    proxy: Proxy
    database: Database
    feed: Feed
    rng: random.Random
    lease: float
    small_broker: bool
    table: str
    """The table that all work goes through."""
    stop: threading.Event = field(default_factory=threading.Event)

    def pick(self, prefix: str) -> str | None:
        """Return the name of a running process of this part."""
        names = self.keeper.names(prefix)
        return self.rng.choice(names) if names else None


class Skipped(Exception):
    """This fault cannot be done here; says why."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of harm. `occupies` keeps two that would hide each other apart; `weight` is how often it is chosen."""

    kind: str
    do: Callable[[Scene], None]
    occupies: str = ""
    weight: int = 4
    most: int = 1000
    stock: bool = False
    """Whether the stock-Celery control suffers it too."""
    databases: tuple[str, ...] = ("sqlite", "postgres")
    short: bool = True


FAULTS: dict[str, Fault] = {}


def fault(kind: str, **terms: object) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    """Declare a kind of fault."""

    def declare(do: Callable[[Scene], None]) -> Callable[[Scene], None]:
        FAULTS[kind] = Fault(kind, do, **terms)  # type: ignore[arg-type]  # the fields of Fault
        return do

    return declare
