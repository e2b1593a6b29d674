"""A machine that tags, edits, corrects, tags again and undoes in any order: undoing restores exactly what it should."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text

from metier.errors import Rejected
from metier.types import Kind, Posting
from storage import postings
from storage.engine import Engine, transaction
from storage.filters import Filter
from tests.integration import machines
from tests.integration.retag_world import TAXONOMIES, Levels, begin, by_a_person, rows, tags, undo, work

KEYS = ["a", "b", "c"]
TABLES = ("retagged", "run", "tag", "tag_history", "outbox", "job", "posting")
Pair = tuple[int, str]
Stands = dict[Pair, tuple[Any, ...]]


def machine(engine: Engine) -> type[RuleBasedStateMachine]:
    """Make the machine of this database."""

    class Retagging(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            with transaction(engine) as connection:
                for table in TABLES:
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names from above
            self.version = 1
            self.edits = 0
            self.before: dict[int, Stands] = {}
            self.given: dict[int, Stands] = {}

        @rule(keys=st.sets(st.sampled_from(KEYS), min_size=1))
        def ingest_and_tag(self, keys: set[str]) -> None:
            self.edits += 1
            with transaction(engine) as connection:
                postings.ingest(
                    connection, [Posting("s", key, f"{key} {self.edits}", kind=Kind.TITLE) for key in sorted(keys)]
                )
            self._work()

        @rule(chosen=st.sets(st.sampled_from(TAXONOMIES), min_size=1), text=st.sampled_from(["", *KEYS]))
        def tag_again(self, chosen: set[str], text: str) -> None:
            self.version += 1
            try:
                begin(engine, Filter(text=text), sorted(chosen))
            except Rejected:
                self._work()
                return
            self._work()

        @rule(chosen=st.sets(st.sampled_from(TAXONOMIES), min_size=1))
        def begin_and_leave_jobs_open(self, chosen: set[str]) -> None:
            self.version += 1
            try:
                begin(engine, None, sorted(chosen))
            except Rejected:
                return

        @precondition(lambda self: rows(engine, "SELECT 1 FROM posting LIMIT 1"))
        @rule(number=st.integers(0, 2), taxonomy=st.sampled_from(TAXONOMIES))
        def a_person_corrects(self, number: int, taxonomy: str) -> None:
            titles = [title for (title,) in rows(engine, "SELECT title FROM posting ORDER BY id")]
            self.edits += 1
            by_a_person(engine, titles[number % len(titles)], taxonomy, f"told {self.edits}")

        @precondition(lambda self: self.before)
        @rule(number=st.integers(0, 20))
        def undo_a_run(self, number: int) -> None:
            run = sorted(self.before)[number % len(self.before)]
            stands = self._stands()
            back = {
                pair: self.before[run][pair]
                for pair, given in self.given[run].items()
                if stands.get(pair, ()) == given and self._revision(pair) == given[0][3]
            }
            try:
                undo(engine, run)
            except Rejected:  # a later run is at work on the same taxonomies
                assert self._stands() == stands
                return
            assert self._stands() == {pair: found for pair, found in (stands | back).items() if found}
            for pair in back:
                del self.given[run][pair]

        @invariant()
        def no_answer_is_a_mixture(self) -> None:
            for found in self._stands().values():
                assert len({row[7] for row in found}) == 1

        @invariant()
        def jobs_are_made_once(self) -> None:
            assert not rows(engine, "SELECT 1 FROM job GROUP BY subject, revision, purpose HAVING count(*) > 1")

        def _work(self) -> None:
            """Do all open jobs and note what each run replaced by what."""
            before, marks = self._stands(), self._marks()
            work(engine, Levels(str(self.version)))
            after = self._stands()
            for run, posting, taxonomy in self._marks() - marks:
                pair = (posting, taxonomy)
                self.before.setdefault(run, {})[pair] = before.get(pair, ())
                self.given.setdefault(run, {})[pair] = after[pair]

        def _marks(self) -> set[tuple[Any, ...]]:
            return set(rows(engine, "SELECT run_id, posting_id, taxonomy FROM retagged"))

        def _stands(self) -> Stands:
            found: Stands = {}
            for row in tags(engine):
                found[row[0], row[1]] = (*found.get((row[0], row[1]), ()), row)
            return found

        def _revision(self, pair: Pair) -> int:
            ((revision,),) = rows(engine, "SELECT revision FROM posting WHERE id = :id", id=pair[0])
            return int(revision)

    return Retagging


def test_undoing_restores_exactly_what_nobody_has_changed_since_in_any_order_of_events(database: str) -> None:
    machines.run(database, machine, examples=40, steps=20)
