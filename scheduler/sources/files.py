"""A watched folder of tables (CSV, TSV, JSONL, Parquet, XLSX), read row by row as they are dropped into it.

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
from metier.settings import Settings
from metier.types import Lane
from scheduler.parsing import Parsed, Parser, ParserDied
from scheduler.sources import Card, Page, Source, source

SETTLE = timedelta(seconds=1)
"""How long a file must have been left alone before it is read."""
LIVE_ROWS = 2000
TRIES = 3
"""How often a file may end its parser before it is set aside."""
_TABLES = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".json", ".parquet", ".xlsx", ".xls")
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".download", "~")

Stamp = list[int]


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a file has been read: its stamp then, rows seen, whether that was all, how often its parser died."""

    stamp: Stamp
    seen: int = 0
    done: bool = False
    tries: int = 0


_CARD = Card(
    reads="CSV, TSV, JSONL, Parquet and XLSX files in a folder and its subfolders, as they are dropped there.",
    terms="Whatever you agreed on with whom the files come from.",
    quota="None; the folder is looked at every 5 seconds.",
    switch="Off until METIER_INBOX names a folder.",
)


@source("files", _CARD, every="5s")
def load(settings: Settings) -> Source | None:
    """Watch the inbox, where one is set."""
    return None if settings.inbox is None else Files(settings.inbox.absolute())


class Files:
    """The tables in one folder and its subfolders."""

    name = "files"

    def __init__(self, folder: Path, *, settle: timedelta = SETTLE, wait: Callable[[float], None] = time.sleep) -> None:
        self._folder = folder
        self._settle = settle.total_seconds()
        self._wait = wait

    def pages(self, cursor: Mapping[str, Any]) -> Generator[Page, None, None]:  # Any: JSON
        """Yield the new rows of all files that nobody writes to."""
        places = {name: _Place(**place) for name, place in cursor.items()}
        listed = self._listed()
        places = {name: place for name, place in places.items() if name in listed}
        with Parser() as parser:
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
        if not name.lower().removesuffix(".gz").endswith(_TABLES):
            yield _set_aside(place, f"{name}: is no table; give CSV, TSV, JSONL, Parquet or XLSX")
            return
        try:
            for parsed in parser.pages(self._folder / name, source=self.name, skip=place.seen):
                place = replace(place, seen=parsed.seen, done=parsed.last)
                yield _page(name, parsed), place
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
            raise SourceUnavailable(f"files: the folder {self._folder} is not there; create it or set METIER_INBOX")
        found = {}
        for folder, folders, names in os.walk(self._folder, onerror=_unreadable):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                path = Path(folder, name)
                stamp = None if _passed_over(name) else _stamp(path)
                if stamp is not None:
                    found[str(path.relative_to(self._folder))] = stamp
        return found


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


def _page(name: str, parsed: Parsed) -> Page:
    prefix = Path(name).parent.as_posix()
    postings = parsed.postings
    if prefix != ".":
        postings = [replace(posting, key=f"{prefix}/{posting.key}") for posting in postings]
    lane = Lane.LIVE if parsed.seen <= LIVE_ROWS else Lane.BACKFILL
    return Page(postings, {}, [f"{name}: {reason}" for reason in parsed.bad], lane)


def _set_aside(place: _Place, reason: str) -> tuple[Page, _Place]:
    return Page([], {}, [reason]), replace(place, done=True)


def _unreadable(error: OSError) -> None:
    raise SourceUnavailable(f"files: {error.filename} cannot be read ({error.strerror}); give this user the right to")
