"""Tag postings again as one run: choose them, hand out their jobs piece by piece, see when all are done.

Each piece is one transaction that writes jobs and moves the run's checkpoint, so a kill neither loses nor doubles any.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from metier.types import Text
from storage import filters, retag_runs
from storage.dialect import statement, words
from storage.filters import Filter
from storage.jobs import CHANNEL
from storage.retag_runs import Run

SPAN = 5_000
"""How many numbers of postings a piece looks at."""
_SETTLED = (
    "NOT EXISTS (SELECT 1 FROM job j WHERE j.subject = p.id AND j.revision = p.revision AND j.task = 'tag' "
    "AND j.purpose = '' AND j.state IN ('ready', 'leased', 'dead'))"
)
"""Not waiting to be tagged for the first time, which the present champion will do, and not set aside."""
_SCATTERED = "(p.id * 2654435761) % 4294967296"
"""An order that has nothing to do with when a posting came, and is the same each time."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many postings a filter chooses, how many of them have a body, and what is left alone."""

    postings: int
    bodies: int
    waiting: int
    """Postings that are still to be tagged for the first time, or were set aside as dead."""
    by_people: int
    """Tags that people set in these taxonomies, of the postings chosen."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A posting that was chosen, with what taggers read of it."""

    id: int
    ref: str
    url: str
    text: Text


@dataclass(frozen=True, slots=True)
class Progress:
    """How the jobs of a run stand; `retagged` counts postings with a new tag that was not undone since."""

    handed_out: int
    open: int
    dead: int
    retagged: int


def choosing(wanted: Filter) -> Filter:
    """Return the filter of a run: what it replaces asks for no tag by itself, for a new tagger has given none."""
    bare = replace(wanted, taxonomies=())
    return wanted if bare.asks_for_tags or wanted.untagged else bare


def choose(connection: Connection, wanted: Filter, taxonomies: Sequence[str]) -> Chosen:
    """Count what a run of this filter would tag again."""
    where, values = filters.postings_where(connection, wanted)
    row = connection.execute(
        statement(
            f"SELECT count(*), COALESCE(SUM(CASE WHEN settled AND heavy THEN 1 ELSE 0 END), 0), "
            "COALESCE(SUM(CASE WHEN settled THEN 0 ELSE 1 END), 0) FROM "
            f"(SELECT {_SETTLED} AS settled, p.body <> '' AS heavy FROM posting p WHERE {where}) c"
        ),
        values,
    ).one()
    return Chosen(int(row[0]) - int(row[2]), int(row[1]), int(row[2]), _by_people(connection, wanted, taxonomies))


def sample(connection: Connection, wanted: Filter, *, most: int) -> list[Sampled]:
    """Return some of the postings that a run would tag again, spread over all of them, each time the same."""
    where, values = filters.postings_where(connection, wanted)
    found = connection.execute(
        statement(
            "SELECT p.id, p.source, p.source_key, p.url, p.title, p.body, p.language, p.company FROM posting p "
            f"WHERE {where} AND {_SETTLED} ORDER BY {_SCATTERED}, p.id LIMIT :f_most"
        ),
        values | {"f_most": most},
    )
    return [
        Sampled(id_, f"{source}:{key}", url, Text(title, body, language, company))
        for id_, source, key, url, title, body, language, company in found
    ]


def begin(connection: Connection, wanted: Filter, taxonomies: Sequence[str], *, total: int, by: str) -> int:
    """Write down a run over the postings that are there now; return its number. `feed` hands out its jobs."""
    retag_runs.refuse_overlap(connection, taxonomies)
    last = connection.execute(statement("SELECT COALESCE(MAX(id), 0) FROM posting")).scalar_one()
    params = {"taxonomies": sorted(taxonomies), "filter": filters.as_params(wanted), "last": int(last), "by": by}
    return retag_runs.add(connection, retag_runs.RETAG, retag_runs.APPLYING, params=params, total=total)


def feed(connection: Connection, run: int, *, span: int = SPAN) -> bool:
    """Hand out the jobs of the next piece; return whether there may be more to hand out."""
    held = retag_runs.hold(connection, run)
    after, last = int(held.checkpoint.get("after", 0)), int(held.params["last"])
    if held.state != retag_runs.APPLYING or after >= last:
        return False
    end = min(after + span, last)
    w = words(connection)
    where, values = filters.postings_where(connection, filters.of_params(held.params["filter"]))
    written = connection.execute(
        statement(
            "INSERT INTO job "
            "(task, subject, revision, purpose, lane, heavy, state, run_at, attempts, fence, created_at) "
            f"SELECT 'tag', p.id, p.revision, :purpose, 1, p.body <> '', 'ready', {w.now}, 0, 0, {w.now} "
            f"FROM posting p WHERE p.id > :f_after AND p.id <= :f_end AND {where} AND {_SETTLED} "
            "ON CONFLICT (task, subject, revision, purpose) DO NOTHING"
        ),
        values | {"purpose": retag_runs.purpose(run), "f_after": after, "f_end": end},
    ).rowcount
    if w.name == "postgresql" and written:
        connection.execute(statement("SELECT pg_notify(:channel, '')"), {"channel": CHANNEL})
    retag_runs.move(connection, run, done=held.done + written, checkpoint={"after": end})
    return end < last


def settle(connection: Connection, run: int) -> bool:
    """End a run whose jobs are all handed out and ended; return whether it has ended."""
    held = retag_runs.hold(connection, run)
    if held.state != retag_runs.APPLYING:
        return True
    if int(held.checkpoint.get("after", 0)) < int(held.params["last"]) or open_jobs(connection, run):
        return False
    retag_runs.turn(connection, run, retag_runs.DONE)
    return True


def progress(connection: Connection, run: Run) -> Progress:
    """Return how the jobs of a run stand."""
    dead = connection.execute(
        statement("SELECT count(*) FROM job WHERE dead_at IS NOT NULL AND task = 'tag' AND purpose = :purpose"),
        {"purpose": retag_runs.purpose(run.id)},
    ).scalar_one()
    tagged = connection.execute(
        statement("SELECT count(DISTINCT posting_id) FROM retagged WHERE run_id = :run AND undone_by IS NULL"),
        {"run": run.id},
    ).scalar_one()
    return Progress(run.done, open_jobs(connection, run.id), int(dead), int(tagged))


def open_jobs(connection: Connection, run: int) -> int:
    """Return how many jobs of a run are ready or leased; only indexes of open jobs are read."""
    return sum(
        int(
            connection.execute(
                statement(
                    f"SELECT count(*) FROM job WHERE {column} IS NOT NULL AND task = 'tag' AND purpose = :purpose"
                ),
                {"purpose": retag_runs.purpose(run)},
            ).scalar_one()
        )
        for column in ("run_at", "lease_until")
    )


def _by_people(connection: Connection, wanted: Filter, taxonomies: Sequence[str]) -> int:
    where, values = filters.postings_where(connection, wanted)
    named, more = filters.named("f_replaced", taxonomies, words(connection))
    return int(
        connection.execute(
            statement(
                f"SELECT count(*) FROM tag s JOIN posting p ON p.id = s.posting_id WHERE s.origin = 'person' "
                f"AND s.taxonomy IN {named} AND {where}"
            ),
            values | more,
        ).scalar_one()
    )
