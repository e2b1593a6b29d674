"""A machine that brings, edits, erases, kills and compares in any order: clusters end as what is alike says."""

import json
from random import Random

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import text

from metier.types import Posting
from pipelines import signature
from storage import clusters, erasing, outbox, postings
from storage.engine import Engine, reading, transaction
from tests.integration import machines
from tests.integration.rows import age_signatures, die_before_comparing, work
from worker import beside

KEYS = [f"k{number}" for number in range(7)]
TABLES = ("tag", "tag_history", "outbox", "job", "posting", "fields", "signature", "band")
SYLLABLES = ("ka", "lo", "mi", "ner", "tu", "sa", "wel", "dor", "bi", "fan")


def part(number: int) -> str:
    random = Random(number)
    return " ".join("".join(random.choices(SYLLABLES, k=3)) for _ in range(40))


# parts that overlap, so that the first and the last of three may be alike only through the second
BODIES = ["", *(" ".join(part(number + step) for step in range(4)) for number in range(5)), part(99)]


def machine(engine: Engine) -> type[RuleBasedStateMachine]:
    """Make the machine of this database."""

    class Clusters(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            with transaction(engine) as connection:
                for table in TABLES:
                    connection.execute(text(f"DELETE FROM {table}"))  # noqa: S608  names from above

        def bring(self, key: str, body: str, title: str) -> list[int]:
            with transaction(engine) as connection:
                postings.ingest(connection, [Posting(key, key, title, body=body, company="Nordwind")])
                ready = connection.execute(text("SELECT id FROM job WHERE state = 'ready' ORDER BY id"))
                return list(ready.scalars())

        @rule(key=st.sampled_from(KEYS), body=st.sampled_from(BODIES), title=st.sampled_from(["Buyer", "Cook"]))
        def bring_and_work(self, key: str, body: str, title: str) -> None:
            if ids := self.bring(key, body, title):
                work(engine, *ids)

        @rule(key=st.sampled_from(KEYS), body=st.sampled_from(BODIES))
        def bring_and_die_before_comparing(self, key: str, body: str) -> None:
            die_before_comparing(engine, *self.bring(key, body, "Buyer"))

        @rule(place=st.integers(0, 6))
        def compare_one(self, place: int) -> None:
            with reading(engine) as connection:
                ids = clusters.waiting(connection, age=0, most=10)
            beside.match(engine, ids[place : place + 1])

        @rule(key=st.sampled_from(KEYS))
        def erase(self, key: str) -> None:
            with transaction(engine) as connection:
                ids = connection.execute(text("SELECT id FROM posting WHERE source = :key"), {"key": key}).scalars()
                if found := list(ids):
                    erasing.erase(connection, found)

        @rule()
        def sweep(self) -> None:
            age_signatures(engine)
            beside.sweep(engine)

        @invariant()
        def a_cluster_goes_by_its_first_posting(self) -> None:
            with reading(engine) as connection:
                wrong = connection.execute(text(
                    "SELECT count(*) FROM signature s WHERE s.cluster_id <> (SELECT MIN(m.posting_id) FROM signature m "
                    "WHERE m.cluster_id = s.cluster_id)"
                )).scalar_one()  # fmt: skip
            assert wrong == 0

        def teardown(self) -> None:
            """Compare all that waits: what is alike is together, nothing else, and readers know it."""
            for _ in range(5):
                self.sweep()
            with transaction(engine) as connection:
                ids = list(connection.execute(text("SELECT posting_id FROM signature ORDER BY posting_id")).scalars())
                kept = clusters.kept(connection, ids)
                rows = connection.execute(text("SELECT posting_id, cluster_id, told, due, bands FROM signature")).all()
                outbox.number(connection)
                changes = outbox.read(connection, 0, 10_000)
            assert {row.due for row in rows} <= {None}
            found = {row.posting_id: row.cluster_id for row in rows}
            bands = {row.posting_id: set(json.loads(row.bands)) for row in rows}
            assert found == components(list(kept.values()), bands)
            assert {row.posting_id: row.told for row in rows} == found
            moved = {change.posting for change in changes if change.kind == "clustered"}
            assert {posting for posting, cluster in found.items() if cluster != posting} <= moved

    return Clusters


def components(kept: list[clusters.Kept], bands: dict[int, set[int]]) -> dict[int, int]:
    """Return the first posting of each connected set, by comparing all with all."""
    cluster = {one.posting: one.posting for one in kept}
    for one in kept:
        for other in kept:
            near = bands[one.posting] & bands[other.posting]
            alike = signature.same(one.signature, other.signature, one_source=one.source == other.source)
            if one.posting < other.posting and near and alike:
                low, high = sorted((cluster[one.posting], cluster[other.posting]))
                cluster = {posting: low if its == high else its for posting, its in cluster.items()}
    return cluster


def test_clusters_are_what_is_alike_in_any_order_of_events(database: str) -> None:
    machines.run(database, machine, examples=40, steps=25)
