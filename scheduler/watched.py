"""A folder that is watched for files of one reader; each source that reads files names its own.

A file is known by name, size and times, so a poll reads only what is new or was changed, and goes on in the middle of
a file where a crash ended the last one. Postings of a subfolder have its name before their key: ids that mean
different things do not meet. The first rows of a file are live; the rest of a large one is backfill.
"""

import os
import stat
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from metier.errors import Rejected, SourceUnavailable
from metier.types import Lane
from scheduler.parsing import Parsed, Parser, ParserDied
from scheduler.sources import Page

SETTLE = timedelta(seconds=1)
"""How long a file must have been left alone before it is read."""
LIVE_ROWS = 2000
TRIES = 3
"""How often a file may end its parser before it is set aside."""
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", "~")

Stamp = list[int]


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
    prefixed: bool = True
    """Whether the name of a subfolder goes before its keys; not where keys are those of a service."""


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
        places = {name: _Place(**place) for name, place in cursor.items()}
        listed = self._listed()
        places = {name: place for name, place in places.items() if name in listed}
        with Parser(self._shelf.reader) as parser:
            for name, stamp in self._settled(listed):
                place = places.get(name)
                if place is None or place.stamp != stamp:
                    place = _Place(stamp)
                if not place.done:
                    for page, reached in self._file(parser, name, place):
                        places[name] = reached
                        yield replace(page, cursor={known: asdict(place) for known, place in places.items()})

    def _file(self, parser: Parser, name: str, place: _Place) -> Iterator[tuple[Page, _Place]]:
        """Yield the rest of one file, each page with how far the file has been read after it."""
        if not name.lower().removesuffix(".gz").endswith(self._shelf.suffixes):
            yield _set_aside(place, f"{name}: {self._shelf.wanted}")
            return
        try:
            for parsed in parser.pages(self._folder / name, source=self.name, skip=place.seen):
                place = replace(place, seen=parsed.seen, done=parsed.last)
                yield _page(name, parsed, self._shelf), place
        except Rejected as error:
            yield _set_aside(place, str(error).replace(f"{self._folder}{os.sep}", ""))
        except ParserDied as error:
            place = replace(place, tries=place.tries + 1)
            if place.tries < TRIES:
                yield Page([], {}), place
            else:
                reason = f"its reading {error}; {place.seen} rows of it were read, check the file after them"
                yield _set_aside(place, f"{name}: set aside after {place.tries} tries, {reason}")

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
        what = f"{error.filename} cannot be read ({error.strerror}); give this user the right to"
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


def _page(name: str, parsed: Parsed, shelf: Shelf) -> Page:
    prefix = Path(name).parent.as_posix()
    postings = parsed.postings
    if shelf.prefixed and prefix != ".":
        postings = [replace(posting, key=f"{prefix}/{posting.key}") for posting in postings]
    lane = Lane.LIVE if parsed.seen <= LIVE_ROWS else Lane.BACKFILL
    return Page(postings, {}, [f"{name}: {reason}" for reason in parsed.bad], lane)


def _set_aside(place: _Place, reason: str) -> tuple[Page, _Place]:
    return Page([], {}, [reason]), replace(place, done=True)
