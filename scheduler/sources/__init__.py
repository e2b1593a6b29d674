"""Where postings come from: one file a source. A newcomer is a file here; nothing else needs to know of it.

    @source("files", Card(reads="Tables in a folder", terms="…", quota="none", switch="Set METIER_INBOX"), every="5s")
    def load(settings: Settings) -> Source | None: ...

    @boards("greenhouse", Card(reads="A company's open jobs", …), GreenhouseBoard)
    def load(settings: Settings, board: GreenhouseBoard) -> Source: ...

`source` registers what there is once; its `load` returns None where it is not configured. `boards` registers what there
is as often as sources.toml names it; each such source is called by kind and board, `greenhouse:acme`. A load imports
what it needs itself, and loads nothing else. The card says what a person should know before switching it on.
"""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from metier.errors import ConfigError
from metier.settings import Settings
from metier.types import Lane, Posting
from scheduler import boards as boards_file
from scheduler.boards import AnyBoard, Board
from storage.filed import Filed

EVERY = "5m"
"""How often a source is polled that does not say; a cron rule such as `23 */6 * * *` will do, too."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is saved in one transaction: postings, where the source goes on after them, rows that could not be read.

    `gone` are keys that the source no longer advertises. `listing` are all keys that it advertises now: what else there
    is of this source has vanished. `filed` says what files hold: what has left one is gone. None deletes anything.
    """

    postings: Sequence[Posting]
    cursor: Mapping[str, Any]  # any JSON: each source keeps its own place
    bad: Sequence[str] = ()
    lane: Lane = Lane.LIVE
    gone: Sequence[str] = ()
    listing: Collection[str] | None = None
    filed: Sequence[Filed] = ()
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


@dataclass(frozen=True, slots=True)
class Planned:
    """A source that is switched on, and how often it is polled."""

    source: Source
    every: str


@dataclass(frozen=True, slots=True)
class _Kind:
    card: Card
    planned: Callable[[Settings], list[Planned]]
    of_boards: bool


Load = Callable[[Settings], Source | None]
_kinds: dict[str, _Kind] = {}


def source(name: str, card: Card, *, every: str = EVERY) -> Callable[[Load], Load]:
    """Register a source under its name."""

    def register(load: Load) -> Load:
        def planned(settings: Settings) -> list[Planned]:
            found = load(settings)
            return [] if found is None else [Planned(found, every)]

        _kinds[name] = _Kind(card, planned, of_boards=False)
        return load

    return register


def boards(
    kind: str, card: Card, shape: type[AnyBoard], *, every: str = "15m"
) -> Callable[[Callable[[Settings, AnyBoard], Source]], Callable[[Settings, AnyBoard], Source]]:
    """Register a kind of board: there is a source for each table `[[kind]]` of sources.toml."""

    def register(load: Callable[[Settings, AnyBoard], Source]) -> Callable[[Settings, AnyBoard], Source]:
        def planned(settings: Settings) -> list[Planned]:
            named = boards_file.named(settings, kind, shape)
            return [Planned(load(settings, board), board.every or every) for board in named]

        _kinds[kind] = _Kind(card, planned, of_boards=True)
        return load

    return register


def names() -> list[str]:
    """Return all kinds of source that there are."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_kinds)


def kinds_of_boards() -> list[str]:
    """Return the kinds of which sources.toml names the sources."""
    return [name for name in names() if _kinds[name].of_boards]


def planned(settings: Settings) -> dict[str, Planned]:
    """Return all sources that these settings and sources.toml switch on, by their names."""
    boards_file.see_that_known(settings, kinds_of_boards())
    return {one.source.name: one for kind in names() for one in _kinds[kind].planned(settings)}


def configured(settings: Settings) -> dict[str, Source]:
    """Return all sources that are switched on, by their names."""
    return {name: one.source for name, one in planned(settings).items()}


def each(kind: str, settings: Settings) -> list[Source]:
    """Return the sources of one kind that are switched on."""
    return [one.source for one in _kinds[_known(kind)].planned(settings)]


def load(name: str, settings: Settings) -> Source | None:
    """Return a source ready to be polled, None where it is not switched on."""
    return next((one for one in each(_known(name), settings) if one.name == name), None)


def card(name: str) -> Card:
    """Return what to know of a source or a kind of source."""
    return _kinds[_known(name)].card


def _known(name: str) -> str:
    """Return of which kind a source is."""
    kind = name.partition(":")[0]
    if kind not in names():
        raise ConfigError(f"no source {name!r}; there are {', '.join(names())}")
    return kind


__all__ = [
    "Board", "Card", "Page", "Planned", "Source", "boards", "card", "configured", "each", "kinds_of_boards", "load",
    "names", "planned", "source",
]  # fmt: skip
