"""Postings that were tagged once, and a patient worker without processes, for tests of runs that tag again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from metier.types import Posting, Tag, Text
from storage import postings, retag_runs, retags, undoing
from storage.dialect import words
from storage.engine import Engine, reading, transaction
from storage.filters import Filter
from worker import batch
from worker.batch import Held, Terms

TAXONOMIES = ("seniority", "department")
COLUMNS = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, run_id, evidence, tagged_at"


@dataclass
class Levels:
    """Tags each title with one code a taxonomy, and says which artifact it is."""

    version: str = "1"
    taxonomies: Sequence[str] = TAXONOMIES
    score: float = 0.9
    artifacts: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.artifacts = {name: f"{name}@{self.version}" for name in self.taxonomies}

    def tag(self, texts: Sequence[Text]) -> list[list[Tag] | Exception]:
        """Return a code that names version and title."""
        return [
            [Tag(name, f"{self.version}-{text.title.lower()}", self.score, True, {"words": [text.title]})
             for name in self.taxonomies]
            for text in texts
        ]  # fmt: skip

    def counters(self) -> Mapping[str, float]:
        """Return nothing."""
        return {}


def work(engine: Engine, serving: Any, *, most: int = 10_000) -> int:  # Any: what tags
    """Do the open jobs, as a worker would; return how many postings got tags."""
    with reading(engine) as connection:
        ids = list(
            connection.execute(text("SELECT id FROM job WHERE state = 'ready' ORDER BY id LIMIT :most"), {"most": most})
            .scalars()
        )  # fmt: skip
    return batch.run(engine, ids, serving, Terms("test", lease=60), Held())


def bring(engine: Engine, *given: Posting, serving: Any = None) -> None:
    """Ingest postings and tag them."""
    with transaction(engine) as connection:
        postings.ingest(connection, given)
    work(engine, serving or Levels())


def begin(engine: Engine, wanted: Filter | None = None, taxonomies: Sequence[str] = TAXONOMIES) -> int:
    """Begin a run and hand out all its jobs."""
    wanted = wanted or Filter()
    with transaction(engine) as connection:
        chosen = retags.choose(connection, wanted, taxonomies)
        run = retags.begin(connection, wanted, taxonomies, total=chosen.postings, by="test")
    while True:
        with transaction(engine) as connection:
            if not retags.feed(connection, run):
                return run


def apply(engine: Engine, serving: Any, wanted: Filter | None = None, taxonomies: Sequence[str] = TAXONOMIES) -> int:
    """Begin a run, do its jobs, end it."""
    run = begin(engine, wanted, taxonomies)
    work(engine, serving)
    with transaction(engine) as connection:
        retags.settle(connection, run)
    return run


def undo(engine: Engine, run: int) -> Mapping[str, Any]:
    """Undo a run to its end; return its last checkpoint."""
    with transaction(engine) as connection:
        number = undoing.begin(connection, run, by="test")
    while True:
        with transaction(engine) as connection:
            if not undoing.step(connection, number):
                return retag_runs.get(connection, number).checkpoint


def tags(engine: Engine) -> list[tuple[Any, ...]]:
    """Return the present tags, every column of them."""
    return rows(engine, f"SELECT {COLUMNS} FROM tag ORDER BY posting_id, taxonomy, code")  # noqa: S608  names from above


def codes(engine: Engine, taxonomy: str = "seniority") -> dict[str, str]:
    """Return by title the code of a taxonomy."""
    sql = "SELECT p.title, t.code FROM tag t JOIN posting p ON p.id = t.posting_id WHERE t.taxonomy = :t ORDER BY p.id"
    return dict(rows(engine, sql, t=taxonomy))


def rows(engine: Engine, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Return what a statement finds."""
    with reading(engine) as connection:
        return [tuple(row) for row in connection.execute(text(sql), values)]


def by_a_person(engine: Engine, title: str, taxonomy: str, code: str) -> None:
    """Let a person set a tag in place of what stands, as the console does."""
    with transaction(engine) as connection:
        lock = words(connection).lock
        (posting,) = connection.execute(
            text(f"SELECT id FROM posting WHERE title = :title {lock}"),  # noqa: S608  a lock
            {"title": title},
        ).scalars()
        w = words(connection)
        values = {"posting": posting, "taxonomy": taxonomy}
        pair = "posting_id = :posting AND taxonomy = :taxonomy"
        for sql in (
            f"INSERT INTO tag_history ({COLUMNS}, replaced_at) SELECT {COLUMNS}, {w.now} FROM tag WHERE {pair}",  # noqa: S608  names from above
            f"DELETE FROM tag WHERE {pair}",  # noqa: S608  names from above
        ):
            connection.execute(text(sql), values)
        person = "revision, 1, true, 'person', '', '{}'"
        columns = "posting_id, taxonomy, code, revision, score, sure, origin, artifact, evidence, tagged_at"
        connection.execute(
            text(
                f"INSERT INTO tag ({columns}) SELECT id, :taxonomy, :code, {person}, {w.now} "  # noqa: S608  as above
                "FROM posting WHERE id = :posting"
            ),
            {**values, "code": code},
        )
