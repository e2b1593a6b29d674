"""Where postings come from: one file a source. A newcomer is a file here; nothing else needs to know of it.

    @source("files")
    def load(settings: Settings) -> Source | None: ...

`load` returns None where the source is not configured, imports what it needs itself, and loads nothing else.
"""

import importlib
import pkgutil
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metier.errors import ConfigError
from metier.settings import Settings
from metier.types import Lane, Posting


@dataclass(frozen=True, slots=True)
class Page:
    """What is saved in one transaction: postings, where the source goes on after them, rows that could not be read."""

    postings: Sequence[Posting]
    cursor: Mapping[str, Any]  # any JSON: each source keeps its own place
    bad: Sequence[str] = ()
    lane: Lane = Lane.LIVE


class Source(Protocol):
    """One place that postings come from.

    `pages` starts at the cursor of the last page that was saved, `{}` at first. It raises SourceUnavailable (later),
    SourceRefused (a person must act) or SourceChanged (an unknown shape). Closing the generator frees what it holds.
    """

    name: str

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:
        """Yield what is new since this cursor, in pages of bounded size."""
        ...


Load = Callable[[Settings], Source | None]
_loads: dict[str, Load] = {}


def source(name: str) -> Callable[[Load], Load]:
    """Register a source under its name."""

    def register(load: Load) -> Load:
        _loads[name] = load
        return load

    return register


def names() -> list[str]:
    """Return all sources that there are."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_loads)


def load(name: str, settings: Settings) -> Source | None:
    """Return a source ready to be polled, None where it is not configured."""
    if name not in names():
        raise ConfigError(f"no source {name!r}; there are {', '.join(names())}")
    return _loads[name](settings)


def configured(settings: Settings) -> dict[str, Source]:
    """Return all sources that these settings switch on."""
    found = {name: load(name, settings) for name in names()}
    return {name: source for name, source in found.items() if source is not None}
