"""Near-duplicates end in one cluster, whoever commits when; bands and clusters go the way of their postings."""

import json
import threading
from dataclasses import replace
from random import Random
from typing import Any

from sqlalchemy import text

from metier.types import Lane, Posting
from storage import clusters, erasing, jobs, outbox, signatures
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting, a_title
from tests.integration.rows import age_signatures, die_before_comparing, ingest, work
from worker import beside


def body(seed: int, *, words: int = 120) -> str:
    """Return words that no other seed has in this order."""
    random = Random(seed)
    syllables = ["ka", "lo", "mi", "ner", "tu", "sa", "wel", "dor", "bi", "fan"]
    return " ".join("".join(random.choices(syllables, k=3)) for _ in range(words))


def an_opening(seed: int = 1, **what_matters: Any) -> Posting:  # Any: the fields of a posting
    return a_posting(**{"title": "Buyer", "company": "Nordwind AG", "body": body(seed), **what_matters})


def together(connected: Engine) -> list[list[str]]:
    """Return the clusters by the keys of their members, which are numbered in the order of their postings."""
    with reading(connected) as connection:
        found: dict[int, list[str]] = {}
        for cluster, posting in connection.execute(
            text("SELECT cluster_id, posting_id FROM signature ORDER BY posting_id")
        ):
            found.setdefault(cluster, []).append(posting)
        assert all(cluster == members[0] for cluster, members in found.items())
        first = connection.execute(text("SELECT MIN(id) FROM posting")).scalar_one()
    return sorted([str(int(posting) - int(first)) for posting in members] for members in found.values())


def count(connected: Engine, sql: str) -> int:
    with reading(connected) as connection:
        return int(connection.execute(text(sql)).scalar_one())


def test_the_same_job_on_two_boards_is_one_cluster_and_another_job_is_none(connected: Engine) -> None:
    ingest(connected, an_opening(source="a"), an_opening(2), an_opening(source="b", body=f"{body(1)} Apply now!"))
    assert work(connected) == 3
    assert together(connected) == [["0", "2"], ["1"]]


def test_a_repost_months_later_joins_the_cluster(connected: Engine) -> None:
    for _ in range(3):
        ingest(connected, an_opening())
        work(connected)
    assert together(connected) == [["0", "1", "2"]]


def test_one_text_under_several_titles_is_several_jobs(connected: Engine) -> None:
    ingest(connected, *(an_opening(title=title) for title in ("Buyer", "Senior Buyer", "Driver", "Head of Sales")))
    work(connected)
    assert together(connected) == [["0"], ["1"], ["2"], ["3"]]


def test_positions_of_a_cv_and_short_texts_are_not_compared(connected: Engine) -> None:
    ingest(connected, a_title("Buyer"), a_title("Buyer"), an_opening(body="Short."), an_opening(body="Short."))
    assert work(connected) == 4
    assert count(connected, "SELECT count(*) FROM signature") == 0
    assert count(connected, "SELECT count(*) FROM band") == 0


def test_postings_committed_at_the_same_time_end_in_one_cluster(connected: Engine) -> None:
    ids = [ingest(connected, an_opening(source=name))[0] for name in "abcdefgh"]
    barrier = threading.Barrier(4)

    def one(some: list[int]) -> None:
        barrier.wait()
        for id_ in some:
            work(connected, id_)

    threads = [threading.Thread(target=one, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert together(connected) == [["0", "1", "2", "3", "4", "5", "6", "7"]]
    assert count(connected, "SELECT count(*) FROM signature WHERE due IS NOT NULL") == 0


def test_what_a_killed_worker_left_uncompared_is_joined_by_the_sweep(connected: Engine) -> None:
    die_before_comparing(connected, *ingest(connected, an_opening(source="a"), an_opening(source="b")))
    assert together(connected) == [["0"], ["1"]]
    beside.sweep(connected)  # not yet: who wrote them may be about to compare them
    assert together(connected) == [["0"], ["1"]]
    age_signatures(connected)
    beside.sweep(connected)
    assert together(connected) == [["0", "1"]]
    assert count(connected, "SELECT count(*) FROM signature WHERE due IS NOT NULL") == 0


def test_two_that_were_committed_before_either_looked_find_each_other(connected: Engine) -> None:
    for name in "ab":
        die_before_comparing(connected, *ingest(connected, an_opening(source=name)))
    beside.match(connected, [smallest(connected) + 1])
    assert together(connected) == [["0", "1"]]


def test_comparing_again_changes_nothing(connected: Engine) -> None:
    ingest(connected, *(an_opening(source=name) for name in "abc"))
    work(connected)
    before = rows(connected)
    with transaction(connected) as connection:
        ids = [smallest(connected) + place for place in range(3)]
        jobs.enqueue(connection, [(id_, 1, True) for id_ in ids], lane=Lane.LIVE, purpose="again")
    assert work(connected) == 3
    beside.match(connected, ids)
    assert rows(connected) == before


def test_an_edited_posting_leaves_its_cluster_and_joins_another(connected: Engine) -> None:
    posting = an_opening(source="a")
    ingest(connected, posting, an_opening(source="b"), an_opening(2, source="c"))
    work(connected)
    assert together(connected) == [["0", "1"], ["2"]]
    ingest(connected, replace(posting, body=body(2)))
    work(connected)
    assert together(connected) == [["0", "2"], ["1"]]
    assert stray_bands(connected) == set()


def test_a_cluster_that_only_an_edited_posting_held_together_falls_apart(connected: Engine) -> None:
    parts = [body(number, words=60) for number in range(4)]
    bridge = an_opening(source="b", body=" ".join(parts[1:3]))
    ends = [an_opening(source="a", body=" ".join(parts[:3])), an_opening(source="c", body=" ".join(parts[1:]))]
    ingest(connected, ends[0], bridge, ends[1])
    work(connected)
    assert together(connected) == [["0", "1", "2"]]
    ingest(connected, replace(bridge, body=body(9)))
    work(connected)
    assert together(connected) in ([["0"], ["1"], ["2"]], [["0", "2"], ["1"]])  # the ends share a half of their text
    ingest(connected, replace(ends[0], body=body(10)))
    work(connected)
    assert together(connected) == [["0"], ["1"], ["2"]]


def test_a_posting_without_its_body_is_in_no_cluster_any_more(connected: Engine) -> None:
    posting = an_opening(source="a")
    ingest(connected, posting, an_opening(source="b"))
    work(connected)
    ingest(connected, replace(posting, body=""))
    work(connected)
    assert together(connected) == [["1"]]
    assert stray_bands(connected) == set()


def test_erasing_the_first_of_a_cluster_leaves_the_others_together(connected: Engine) -> None:
    ingest(connected, *(an_opening(source=name) for name in "abc"))
    work(connected)
    first = smallest(connected)
    with transaction(connected) as connection:
        erasing.erase(connection, [first])
    assert stray_bands(connected) == set()
    age_signatures(connected)
    beside.sweep(connected)
    assert together(connected) == [["0", "1"]]  # counted from the first that is left


def test_readers_of_the_outbox_are_told_who_joins_and_who_leaves(connected: Engine) -> None:
    posting = an_opening(source="b")
    ingest(connected, an_opening(source="a"), posting, an_opening(source="c"))
    work(connected)
    first = smallest(connected)
    assert told(connected) == [first + 1, first + 2]
    ingest(connected, replace(posting, body=body(2)))
    work(connected)
    assert told(connected) == [first + 1, first + 2, first + 1]  # it left; the others stay where they were


def test_a_band_that_thousands_share_costs_no_more_and_real_duplicates_are_found(connected: Engine) -> None:
    crowd = [an_opening(title=f"Buyer {chr(97 + n // 26)}{chr(97 + n % 26)}x", source="a") for n in range(600)]
    ingest(connected, *crowd)
    work(connected)
    assert len(together(connected)) == 600
    with reading(connected) as connection:
        one = smallest(connected) + 300
        near = clusters.near(connection, [one])
    assert len(near[one]) == 32
    ingest(connected, replace(crowd[300], source="b", key="again"))
    work(connected)
    assert ["300", "600"] in together(connected)


def test_what_changes_while_it_is_looked_at_stays_due(connected: Engine) -> None:
    die_before_comparing(connected, *ingest(connected, an_opening()))
    with reading(connected) as connection:
        seen = clusters.kept(connection, [smallest(connected)])
    older = {id_: replace(one, signature=replace(one.signature, title="driver")) for id_, one in seen.items()}
    for compared, left in ((older, 1), (seen, 0)):
        with transaction(connected) as connection:
            assert clusters.join(connection, compared, []) == []
        assert count(connected, "SELECT count(*) FROM signature WHERE due = 'new'") == left


def test_two_workers_that_sign_one_posting_at_once_leave_one_signature(connected: Engine) -> None:
    die_before_comparing(connected, *ingest(connected, an_opening()))
    with transaction(connected) as connection:
        posting = smallest(connected)
        one = clusters.kept(connection, [posting])[posting].signature
        signatures.erase(connection, [posting])

    def sign(bands: range) -> None:
        with transaction(connected) as connection:
            signatures.replace(connection, {posting: replace(one, bands=tuple(bands))})

    with transaction(connected) as connection:
        signatures.replace(connection, {posting: replace(one, bands=(1, 2, 3))})
        other = threading.Thread(target=sign, args=(range(3, 6),))
        other.start()
        other.join(0.5)
        assert other.is_alive(), "it waits for the first, whose signature it cannot see yet"
    other.join(60)
    assert count(connected, "SELECT count(*) FROM signature") == 1
    assert stray_bands(connected) == set()


def smallest(connected: Engine) -> int:
    return count(connected, "SELECT MIN(id) FROM posting")


def rows(connected: Engine) -> list[list[tuple[Any, ...]]]:  # Any: cells
    with reading(connected) as connection:
        return [
            [tuple(row) for row in connection.execute(text(sql))]
            for sql in ("SELECT * FROM signature ORDER BY posting_id", "SELECT * FROM band ORDER BY hash, posting_id")
        ]


def told(connected: Engine) -> list[int]:
    with transaction(connected) as connection:
        outbox.number(connection)
        return [change.posting for change in outbox.read(connection, 0, 1000) if change.kind == "clustered"]


def stray_bands(connected: Engine) -> set[tuple[int, int]]:
    """Return bands that stand in one of the two places only: rows of their own, and their signature."""
    with reading(connected) as connection:
        kept = connection.execute(text("SELECT hash, posting_id FROM band")).all()
        signed = connection.execute(text("SELECT posting_id, bands FROM signature")).all()
    meant = {(band, posting) for posting, bands in signed for band in json.loads(bands)}
    return {(band, posting) for band, posting in kept} ^ meant
