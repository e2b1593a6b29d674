"""A machine that ingests, claims, crashes and sweeps in any order: nothing is lost and nothing is done twice."""

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import text

from metier.types import Claimed, Posting, Tag
from storage import claims, hints, jobs, leases, postings
from storage.engine import Engine, transaction
from storage.leases import Failure
from storage.tags import Tagged
from tests.integration import machines

KEYS = [f"k{number}" for number in range(6)]
ATTEMPTS = 4
TABLES = ("tag", "tag_history", "outbox", "job", "posting")


def machine(engine: Engine) -> type[RuleBasedStateMachine]:
    """Make the machine of this database."""

    class Jobs(RuleBasedStateMachine):
        held = Bundle("held")

        def __init__(self) -> None:
            super().__init__()
            with transaction(engine) as connection:
                for table in TABLES:
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names from above
            self.titles: dict[str, str] = {}
            self.revisions: Counter[str] = Counter()
            self.written: Counter[int] = Counter()

        def ids(self) -> list[int]:
            with transaction(engine) as connection:
                return list(connection.execute(text("SELECT id FROM job ORDER BY id")).scalars())

        @rule(key=st.sampled_from(KEYS), title=st.sampled_from(["Nurse", "Driver", "Engineer"]))
        def ingest(self, key: str, title: str) -> None:
            with transaction(engine) as connection:
                found = postings.ingest(connection, [Posting("s", key, title)])
            changed = self.titles.get(key) != title
            assert found.new + found.edited == changed
            self.titles[key] = title
            self.revisions[key] += changed

        @rule(target=held, owner=st.sampled_from(["a", "b"]), share=st.floats(0.2, 1))
        def claim(self, owner: str, share: float) -> object:
            ids = self.ids()
            with transaction(engine) as connection:
                taken = claims.claim(connection, ids[: max(1, int(len(ids) * share))], owner=owner, lease=60)
            assert all(job.attempts <= claims.SUSPECT for job in taken)
            return multiple(*taken)

        @rule(target=held, owner=st.sampled_from(["a", "b"]))
        def claim_suspects(self, owner: str) -> object:
            taken: list[Claimed] = []
            ids = self.ids()
            with transaction(engine) as connection:
                for id_ in claims.suspects(connection, ids):
                    alone = claims.claim_suspect(connection, id_, owner=owner, lease=60)
                    assert len(alone) <= 1
                    taken += alone
            return multiple(*taken)

        @rule(job=consumes(held))
        def complete(self, job: Claimed) -> None:
            self._complete(job)

        @rule(job=held)
        def complete_and_complete_again_later(self, job: Claimed) -> None:
            self._complete(job)

        @rule(job=consumes(held))
        def crash(self, job: Claimed) -> None:
            """The worker dies: nobody speaks for this job any more."""

        @rule()
        def leases_run_out(self) -> None:
            with transaction(engine) as connection:
                connection.execute(
                    text("UPDATE job SET lease_until = :past WHERE lease_until IS NOT NULL"),
                    {"past": "2020-01-01 00:00:00.000000"},
                )

        @rule()
        def time_passes(self) -> None:
            with transaction(engine) as connection:
                connection.execute(
                    text("UPDATE job SET run_at = :past, hinted_at = NULL WHERE run_at IS NOT NULL"),
                    {"past": "2020-01-01 00:00:00.000000"},
                )

        @rule()
        def sweep(self) -> None:
            with transaction(engine) as connection:
                hints.sweep(connection, attempts=ATTEMPTS)

        @rule(job=held)
        def renew(self, job: Claimed) -> None:
            with transaction(engine) as connection:
                leases.renew(connection, [job], lease=60)

        @rule(job=consumes(held), after=st.sampled_from([0.0, 30.0, None]))
        def fail(self, job: Claimed, after: float | None) -> None:
            with transaction(engine) as connection:
                leases.fail(connection, [Failure(job, "planted", "planted", after)], most=ATTEMPTS)

        @rule(job=consumes(held))
        def postpone(self, job: Claimed) -> None:
            with transaction(engine) as connection:
                leases.postpone(connection, [Failure(job, "away", "planted", 0.0)], give_up=3600)

        @rule(job=consumes(held))
        def release(self, job: Claimed) -> None:
            with transaction(engine) as connection:
                leases.release(connection, [job])

        @rule()
        def replay_the_dead(self) -> None:
            with transaction(engine) as connection:
                dead = list(connection.execute(text("SELECT id FROM job WHERE state = 'dead'")).scalars())
                jobs.replay(connection, dead)

        @invariant()
        def no_job_is_done_twice(self) -> None:
            assert all(count == 1 for count in self.written.values())

        @invariant()
        def every_posting_has_the_job_of_its_revision(self) -> None:
            with transaction(engine) as connection:
                missing = connection.execute(
                    text("SELECT count(*) FROM posting p WHERE NOT EXISTS (SELECT 1 FROM job j WHERE j.subject = p.id "
                         "AND j.revision = p.revision AND j.state <> 'cancelled')")
                ).scalar_one()  # fmt: skip
                states = connection.execute(text(
                    "SELECT count(*) FROM job WHERE (state = 'ready') <> (run_at IS NOT NULL) OR (state = 'leased') "
                    "<> (lease_until IS NOT NULL) OR (state = 'dead') <> (dead_at IS NOT NULL) OR attempts < 0"
                )).scalar_one()  # fmt: skip
            assert missing == 0
            assert states == 0

        @invariant()
        def tags_are_of_the_present_revision_when_its_job_is_done(self) -> None:
            with transaction(engine) as connection:
                wrong = connection.execute(
                    text("SELECT count(*) FROM posting p JOIN job j ON j.subject = p.id AND j.revision = p.revision "
                         "LEFT JOIN tag t ON t.posting_id = p.id AND t.code = p.title AND t.revision = p.revision "
                         "WHERE (j.state = 'done') <> (t.code IS NOT NULL)")
                ).scalar_one()  # fmt: skip
            assert wrong == 0

        def _complete(self, job: Claimed) -> None:
            tag = Tag("t", job.text.title, 0.9, sure=True)
            with transaction(engine) as connection:
                counted = leases.complete(connection, [Tagged(job, [tag], {"t": "a@1"})])
            self.written.update(done.id for done in counted)

        def teardown(self) -> None:
            """Let a patient worker finish: every posting ends with the tag of its last title."""
            ids = self.ids()
            self.leases_run_out()
            self.sweep()
            with transaction(engine) as connection:
                jobs.replay(connection, ids)
            self.time_passes()
            with transaction(engine) as connection:
                rest = claims.claim(connection, ids, owner="z", lease=60)
                for id_ in claims.suspects(connection, ids):
                    rest += claims.claim_suspect(connection, id_, owner="z", lease=60)
            for job in rest:
                self._complete(job)
            self.no_job_is_done_twice()
            with transaction(engine) as connection:
                told = connection.execute(
                    text("SELECT p.source_key, t.code FROM posting p JOIN tag t ON t.posting_id = p.id")
                )
                assert {row.source_key: row.code for row in told} == self.titles
                events = connection.execute(text("SELECT count(*) FROM outbox")).scalar_one()
            assert events <= sum(self.revisions.values())

    return Jobs


def test_nothing_is_lost_and_nothing_is_done_twice_in_any_order_of_events(database: str) -> None:
    machines.run(database, machine, examples=60, steps=30)
