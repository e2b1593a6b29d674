"""Where postings come from: one file a source. A newcomer is a file here; nothing else needs to know of it.

    @source("files", Card(reads="Tables in a folder", terms="…", quota="none", switch="Set METIER_INBOX"))
    def load(settings: Settings) -> Source | None: ...

`load` returns None where the source is not configured, imports what it needs itself, and loads nothing else. The card
says what a person should know before switching it on.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metier.errors import ConfigError
from metier.settings import Settings
from metier.types import Lane, Posting


@dataclass(frozen=True, slots=True)
class Page:
    """What is saved in one transaction: postings, where the source goes on after them, rows that could not be read.

    `gone` are keys that the source no longer advertises. `listing` are all keys that it advertises now: what else there
    is of this source has vanished. Neither deletes anything.
    """

    postings: Sequence[Posting]
    cursor: Mapping[str, Any]  # any JSON: each source keeps its own place
    bad: Sequence[str] = ()
    lane: Lane = Lane.LIVE
    gone: Sequence[str] = ()
    listing: Collection[str] | None = None
    of: str = ""
    """The source whose postings these are, where another one saves them too; keys in `gone` and `listing` are its."""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person should know of a source: what it reads, on what terms, how much a day, how it is switched on."""

    reads: str
    terms: str
    quota: str
    switch: str


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
_cards: dict[str, Card] = {}


def source(name: str, card: Card) -> Callable[[Load], Load]:
    """Register a source under its name."""

    def register(load: Load) -> Load:
        _loads[name] = load
        _cards[name] = card
        return load

    return register


def names() -> list[str]:
    """Return all sources that there are."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_loads)


def load(name: str, settings: Settings) -> Source | None:
    """Return a source ready to be polled, None where it is not configured."""
    return _loads[_known(name)](settings)


def card(name: str) -> Card:
    """Return what to know of a source."""
    return _cards[_known(name)]


def configured(settings: Settings) -> dict[str, Source]:
    """Return all sources that these settings switch on."""
    found = {name: load(name, settings) for name in names()}
    return {name: source for name, source in found.items() if source is not None}


def _known(name: str) -> str:
    if name not in names():
        raise ConfigError(f"no source {name!r}; there are {', '.join(names())}")
    return name
