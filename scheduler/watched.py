"""A folder that is watched for files of one reader; each source that reads files names its own.

A file is known by name, size and times, so a poll reads only what is new or was changed, and goes on in the middle of
a file where a crash ended the last one. Postings of a subfolder have its name before their key: ids that mean
different things do not meet. The first rows of a file are live; the rest of a large one is backfill. A shelf may call
its files otherwise than by their names, put small ones together, and say that what leaves a file is gone.
"""

import os
import stat
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from metier.errors import Rejected, SourceUnavailable
from metier.types import Lane, Posting
from scheduler.parsing import Limits, Parsed, Parser, ParserDied
from scheduler.sources import Page
from storage.filed import Filed

SETTLE = timedelta(seconds=1)
"""How long a file must have been left alone before it is read."""
LIVE_ROWS = 2000
TRIES = 3
"""How often a file may end its parser before it is set aside."""
_ENOUGH, _BULK = 1000, 2_000_000
"""Postings, and characters of them, after which a page of several files is full."""
_LONG = 10.0
"""Seconds after which what there is of a page goes out, so that slow files do not look like a hanging poll."""
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", "~")

Stamp = list[int]


def under_its_folder(name: str, posting: Posting) -> Posting:
    """Return the posting of a file, the folder of the file before its key."""
    prefix = Path(name).parent.as_posix()
    return posting if prefix == "." else replace(posting, key=f"{prefix}/{posting.key}")


def as_it_is(_name: str, posting: Posting) -> Posting:
    """Return the posting of a file whose keys are those of a service, the same in every folder."""
    return posting


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a folder holds for which source: the reader of its files is a module of `scheduler.reading`."""

    source: str
    folder: Path
    reader: str
    suffixes: tuple[str, ...]
    wanted: str
    """What a file of another suffix is told: "is no table; give CSV or XLSX"."""
    setting: str
    limits: Limits = field(default_factory=Limits)
    called: Callable[[str], str] = str
    """How a file is called in the cursor and in messages."""
    placed: Callable[[str, Posting], Posting] = under_its_folder
    """What becomes of a posting of the file of this name."""
    together: int = 1
    """How many files one page may hold."""
    whole: bool = False
    """Whether what a file no longer holds is gone."""


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a file has been read: its stamp then, rows seen, whether that was all, how often its parser died."""

    stamp: Stamp
    seen: int = 0
    done: bool = False
    tries: int = 0


class Watched:
    """The files on one shelf, its subfolders included."""

    def __init__(self, shelf: Shelf, *, settle: timedelta = SETTLE, wait: Callable[[float], None] = time.sleep) -> None:
        self.name = shelf.source
        self._shelf = shelf
        self._folder = shelf.folder
        self._settle = settle.total_seconds()
        self._wait = wait

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the new rows of all files that nobody writes to."""
        listed = self._listed()
        called = {name: self._shelf.called(name) for name in listed}
        places = {name: _Place(**cursor[called[name]]) for name in listed if called[name] in cursor}
        gathered = _Gathered(self._shelf.together)
        missing = sorted(set(cursor) - set(called.values()))
        if missing and self._shelf.whole:
            gathered.add(Page([], {}, filed=[Filed(name, "", (), ended=True) for name in missing]))
        with Parser(self._shelf.reader, self._shelf.limits) as parser:
            for name, stamp in self._settled(listed):
                place = places.get(name)
                if place is None or place.stamp != stamp:
                    place = _Place(stamp)
                if not place.done:
                    for page, reached in self._file(parser, name, place):
                        if gathered.parts_from(page):
                            yield gathered.taken(_cursor(places, called))
                        places[name] = reached
                        gathered.add(page)
                        if gathered.full:
                            yield gathered.taken(_cursor(places, called))
        if gathered.pages:
            yield gathered.taken(_cursor(places, called))

    def _file(self, parser: Parser, name: str, place: _Place) -> Iterator[tuple[Page, _Place]]:
        """Yield the rest of one file, each page with how far the file has been read after it."""
        called = self._shelf.called(name)
        if not name.lower().removesuffix(".gz").endswith(self._shelf.suffixes):
            yield _set_aside(place, f"{called}: {self._shelf.wanted}")
            return
        try:
            for parsed in parser.pages(self._folder / name, source=self.name, skip=place.seen):
                place = replace(place, seen=parsed.seen, done=parsed.last)
                yield self._page(name, parsed, place), place
        except Rejected as error:
            yield _set_aside(place, str(error).replace(str(self._folder / name), called))
        except ParserDied as error:
            place = replace(place, tries=place.tries + 1)
            if place.tries < TRIES:
                yield Page([], {}), place
            else:
                reason = f"its reading {error}; {place.seen} rows of it were read, check the file after them"
                yield _set_aside(place, f"{called}: set aside after {place.tries} tries, {reason}")

    def _page(self, name: str, parsed: Parsed, place: _Place) -> Page:
        called = self._shelf.called(name)
        postings = [self._shelf.placed(name, posting) for posting in parsed.postings]
        lane = Lane.LIVE if parsed.seen <= LIVE_ROWS else Lane.BACKFILL
        filed = []
        if self._shelf.whole:
            state = "-".join(map(str, place.stamp))
            filed = [Filed(called, state, [posting.key for posting in postings], parsed.last)]
        return Page(postings, {}, [f"{called}: {reason}" for reason in parsed.bad], lane, filed=filed)

    def _settled(self, listed: Mapping[str, Stamp]) -> list[tuple[str, Stamp]]:
        """Return the files that did not change for a while, the oldest first."""
        now = time.time()
        young = {name for name, (_, *times) in listed.items() if max(times) / 1e9 > now - self._settle}
        if young:
            self._wait(self._settle)
            again = self._listed()
            listed = {name: stamp for name, stamp in listed.items() if name not in young or again.get(name) == stamp}
        return sorted(listed.items(), key=lambda item: (item[1][1], item[0]))

    def _listed(self) -> dict[str, Stamp]:
        """Return the files there are, by their name within the folder."""
        if not self._folder.is_dir():
            where = f"the folder {self._folder} is not there; create it or set {self._shelf.setting}"
            raise SourceUnavailable(f"{self.name}: {where}")
        found = {}
        for folder, folders, names in os.walk(self._folder, onerror=self._unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                stamp = None if _passed_over(name) else _stamp(path)
                if stamp is not None:
                    found[str(path.relative_to(self._folder))] = stamp
        return found

    def _unreadable(self, error: OSError) -> None:
        named = os.path.relpath(error.filename or self._folder, self._folder)
        shown = self._shelf.called(named) if self._shelf.called is not str else error.filename
        what = f"{shown} cannot be read ({error.strerror}); give this user the right to"
        raise SourceUnavailable(f"{self.name}: {what}")


def _passed_over(name: str) -> bool:
    return name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED)


def _stamp(path: Path) -> Stamp | None:
    """Return size and times of a file; None for what is empty, no file, or gone meanwhile."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_size == 0:
        return None
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns]


class _Gathered:
    """Pages of several files that are saved as one, up to so many files, rows, characters and seconds."""

    def __init__(self, together: int) -> None:
        self._together = together
        self._begin()

    def parts_from(self, page: Page) -> bool:
        """Tell whether the next page goes by another lane: what waits for nothing takes no backfill along."""
        return any(known.postings and known.lane is not page.lane for known in self.pages)

    def add(self, page: Page) -> None:
        """Put one more page to the others."""
        self.pages.append(page)
        self._rows += len(page.postings)
        self._characters += sum(len(posting.title) + len(posting.body) for posting in page.postings)

    @property
    def full(self) -> bool:
        """Tell whether it is time to save them."""
        many = len(self.pages) >= self._together or self._rows >= _ENOUGH or self._characters >= _BULK
        return many or time.monotonic() - self._begun > _LONG

    def taken(self, cursor: Mapping[str, Any]) -> Page:  # Any: JSON
        """Return all of them as one page, and begin anew."""
        pages = self.pages
        merged = Page(
            [posting for page in pages for posting in page.postings], cursor,
            [bad for page in pages for bad in page.bad], pages[-1].lane,
            filed=[one for page in pages for one in page.filed],
        )  # fmt: skip
        self._begin()
        return merged

    def _begin(self) -> None:
        self.pages: list[Page] = []
        self._rows = self._characters = 0
        self._begun = time.monotonic()


def _cursor(places: Mapping[str, _Place], called: Mapping[str, str]) -> dict[str, Any]:  # Any: JSON
    return {called[name]: asdict(place) for name, place in places.items()}


def _set_aside(place: _Place, reason: str) -> tuple[Page, _Place]:
    return Page([], {}, [reason]), replace(place, done=True)
