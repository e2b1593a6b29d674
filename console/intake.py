"""Bring the rows of a table into the database: the good ones are saved and get jobs, the bad ones are named."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path

from metier.errors import BadRow, Transient
from metier.types import Kind, Lane, Posting
from scheduler.reading.lines import Hints
from scheduler.reading.postings import posting_of
from scheduler.reading.rows import Row, Table, Truncated
from scheduler.reading.tables import open_table
from storage import postings
from storage.engine import Engine, transaction
from storage.postings import Ingested

ROWS = 500
CHARACTERS = 4_000_000
_REMEMBERED = 1_000_000
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Intake:
    """Which file, and what its rows are."""

    file: Path
    source: str
    kind: Kind = Kind.POSTING
    lane: Lane = Lane.LIVE
    columns: Mapping[str, str] = field(default_factory=dict)
    hints: Hints = field(default_factory=Hints)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of it."""

    rows: int = 0
    new: int = 0
    edited: int = 0
    same: int = 0
    bad: int = 0
    broken_off: bool = False

    @property
    def good(self) -> int:
        """Return how many rows were saved, be it that they were known."""
        return self.new + self.edited + self.same


@dataclass(frozen=True, slots=True)
class Ear:
    """Who hears what happens: remarks on the file, bad rows, and how far it is (rows, share of the file)."""

    note: Callable[[str], None]
    bad: Callable[[str], None]
    progress: Callable[[int, float | None], None]


def take(engine: Engine, intake: Intake, ear: Ear) -> Taken:
    """Save the rows in transactions of bounded size; doing it again changes nothing."""
    counted, rows, bad, broken_off = Ingested(0, 0, 0), 0, 0, False
    with open_table(intake.file, columns=intake.columns, hints=intake.hints) as table:
        for note in table.notes:
            ear.note(note)
        with closing(_postings(table, intake, ear)) as found, _again(table.name, ear, lambda: counted):
            chunk: list[Posting] = []
            size = 0
            for rows, item in enumerate(found, start=1):
                if isinstance(item, BadRow):
                    bad += 1
                    broken_off = broken_off or isinstance(item, Truncated)
                    ear.bad(str(item))
                    continue
                chunk.append(item)
                size += len(item.title) + len(item.body)
                if len(chunk) == ROWS or size > CHARACTERS:
                    counted += _save(engine, chunk, intake.lane)
                    chunk, size = [], 0
                    ear.progress(rows, table.done())
            counted += _save(engine, chunk, intake.lane)
            ear.progress(rows, 1.0)
    return Taken(rows, **asdict(counted), bad=bad, broken_off=broken_off)


@contextmanager
def _again(name: str, ear: Ear, counted: Callable[[], Ingested]) -> Iterator[None]:
    """Say, where it ends before the file does, what was saved and that the rest wants the file again."""

    def told() -> str:
        return f"{sum(asdict(counted()).values()):,} rows of {name} are saved; give it again, no row is saved twice"

    try:
        yield
    except Transient as away:
        raise Transient(f"{away}. {told()}") from away
    except KeyboardInterrupt:
        ear.note(f"stopped; {told()}")
        raise


def _save(engine: Engine, chunk: list[Posting], lane: Lane) -> Ingested:
    if not chunk:
        return Ingested(0, 0, 0)
    made = postings.ready(chunk)
    with transaction(engine) as connection:
        return postings.save(connection, made, lane=lane)


def _postings(table: Table, intake: Intake, ear: Ear) -> Generator[Posting | BadRow]:
    doubles = _Doubles(ear)
    for row in table.rows():
        if isinstance(row, BadRow):
            yield row
            continue
        try:
            posting = posting_of(row, source=intake.source, kind=intake.kind)
        except BadRow as error:
            yield error
            continue
        doubles.look(row, posting)
        yield posting
    doubles.close()


class _Doubles:
    """Says when an id stands twice in the file, as often as a person reads it; how many are remembered is bounded."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear
        self._count = 0
        self._seen: dict[bytes, int] = {}

    def look(self, row: Row, posting: Posting) -> None:
        """Remember the id of this row, or name the row that had it before."""
        if not row.get("id"):
            return
        name = blake2b(posting.key.encode("utf-8", "replace"), digest_size=8).digest()
        before = self._seen.get(name)
        if before is None:
            if len(self._seen) < _REMEMBERED:
                self._seen[name] = row.number
            return
        self._count += 1
        if self._count <= _SHOWN:
            self._ear.note(
                f"{row.place}: id {posting.key[:60]!r} stands in {row.unit} {before} too; the later one counts"
            )

    def close(self) -> None:
        """Say how many were not named."""
        if self._count > _SHOWN:
            self._ear.note(
                f"… and {self._count - _SHOWN:,} more rows with an id that stands before; of each id the last row "
                "counts. Is the id in another column? Say --column id=NAME"
            )
