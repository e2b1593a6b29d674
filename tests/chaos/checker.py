"""Count what was lost and what was done twice, by SQL of its own; nothing of the system is used."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.chaos.databases import Database
from tests.chaos.marked import codes
from tests.chaos.workload import CAUSES

Truth = Mapping[str, Sequence[str]]
"""By key of a posting the titles of all its accepted revisions."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run came to. All lists are empty when the promise was kept."""

    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    """Innocents set aside, and planted poisons that were not."""
    wrong: list[str] = field(default_factory=list)
    poisons: int = 0
    jobs: int = 0

    @property
    def kept(self) -> bool:
        """Tell whether nothing was lost, doubled, wrongly dead or otherwise wrong."""
        return not (self.lost or self.doubled or self.dead or self.wrong)


def lost(truth: Truth, committed: Iterable[tuple[str, int]], poisons: Iterable[str]) -> list[str]:
    """Return the postings whose last revision has no result."""
    have = set(committed)
    spared = set(poisons)
    return sorted(key for key, titles in truth.items() if key not in spared and (key, len(titles)) not in have)


def doubled(committed: Iterable[tuple[str, int]]) -> list[str]:
    """Return the revisions whose result was committed more than once."""
    return sorted(f"{key}@{revision}" for (key, revision), count in Counter(committed).items() if count > 1)


def check(database: Database, truth: Truth, poisons: Mapping[str, str], read: Sequence[int]) -> Verdict:
    """Compare the tables with what was accepted; `read` is what export readers saw, as outbox numbers in order."""
    keys: dict[int, str] = dict(database.rows("SELECT id, source_key FROM posting"))
    events = [
        (keys[posting], revision)
        for posting, revision in database.rows("SELECT posting_id, revision FROM outbox WHERE kind = 'tagged'")
    ]
    done = {
        (keys[subject], revision)
        for subject, revision in database.rows("SELECT subject, revision FROM job WHERE state = 'done'")
    }
    tagged, wrong = _tags(database, keys, truth)
    return Verdict(
        lost=lost(truth, done & tagged & set(events), poisons),
        doubled=doubled(events),
        dead=_dead(database, keys, poisons),
        wrong=[*wrong, *_open(database), *_revisions(database, truth), *_history(database, set(events), keys),
               *_export(database, read)],
        poisons=len(poisons),
        jobs=sum(map(len, truth.values())),
    )  # fmt: skip


def _tags(database: Database, keys: Mapping[int, str], truth: Truth) -> tuple[set[tuple[str, int]], list[str]]:
    """Return the revisions that have right and whole tags now, and which tags are wrong."""
    found: dict[tuple[str, int], dict[str, str]] = {}
    wrong = []
    for posting, revision, taxonomy, code in database.rows("SELECT posting_id, revision, taxonomy, code FROM tag"):
        told = found.setdefault((keys[posting], revision), {})
        if taxonomy in told:
            wrong.append(f"{keys[posting]}: two tags in {taxonomy}")
        told[taxonomy] = code
    for (key, revision), told in found.items():
        if told != codes(truth[key][revision - 1]):
            wrong.append(f"{key}@{revision}: the tags are not those of its title")
    return set(found), wrong


def _dead(database: Database, keys: Mapping[int, str], poisons: Mapping[str, str]) -> list[str]:
    rows = database.rows("SELECT subject, cause FROM job WHERE state = 'dead'")
    found = {keys[subject]: cause for subject, cause in rows}
    wanted = {key: CAUSES[mark] for key, mark in poisons.items()}
    innocents = [f"{key} is dead: {cause}" for key, cause in found.items() if key not in wanted]
    others = [
        f"{key} ({poisons[key]}) should be dead by {cause!r}, is {found.get(key)!r}"
        for key, cause in wanted.items()
        if found.get(key) != cause
    ]
    return [*innocents, *others]


def _open(database: Database) -> list[str]:
    rows = database.rows("SELECT state, count(*) FROM job WHERE state IN ('ready', 'leased') GROUP BY state")
    return [f"{count} jobs are left {state}" for state, count in rows]


def _revisions(database: Database, truth: Truth) -> list[str]:
    have: dict[str, int] = dict(database.rows("SELECT source_key, revision FROM posting"))
    wanted = {key: len(titles) for key, titles in truth.items()}
    wrong = [f"{key}: accepted {wanted.get(key)} revisions, has {have.get(key)}" for key in have.keys() | wanted.keys()
             if have.get(key) != wanted.get(key)]  # fmt: skip
    twice = database.rows("SELECT subject, revision, purpose FROM job GROUP BY 1, 2, 3 HAVING count(*) > 1")
    return wrong + [f"job {row} is there twice" for row in twice]


def _history(database: Database, events: set[tuple[str, int]], keys: Mapping[int, str]) -> list[str]:
    """Each event left its tags once, now or in the history; what was replaced is older than what replaced it."""
    rows = database.rows(
        "SELECT posting_id, revision, taxonomy, count(*) FROM (SELECT posting_id, revision, taxonomy FROM tag "
        "UNION ALL SELECT posting_id, revision, taxonomy FROM tag_history) t GROUP BY 1, 2, 3"
    )
    wrong = [f"{keys[id_]}@{revision}: {n} times tagged in {taxonomy}" for id_, revision, taxonomy, n in rows if n > 1]
    told = {(keys[id_], revision) for id_, revision, _, _ in rows}
    wrong += [f"{key}@{revision}: tags and events differ" for key, revision in told ^ events]
    late = database.rows(
        "SELECT h.posting_id FROM tag_history h JOIN tag t ON t.posting_id = h.posting_id "
        "AND t.taxonomy = h.taxonomy WHERE h.revision >= t.revision OR h.replaced_at < h.tagged_at"
    )
    return wrong + [f"{keys[id_]}: its history is out of order" for (id_,) in late]


def _export(database: Database, read: Sequence[int]) -> list[str]:
    have = [seq for (seq,) in database.rows("SELECT seq FROM outbox WHERE seq IS NOT NULL ORDER BY seq")]
    bare = database.rows("SELECT count(*) FROM outbox WHERE seq IS NULL")[0][0]
    wrong = [] if list(read) == have else [f"readers saw {len(read)} events of {len(have)}, or in another order"]
    wrong += [] if have == list(range(1, len(have) + 1)) else ["the numbers of events have gaps"]
    return wrong + ([f"{bare} events were never numbered"] if bare else [])
