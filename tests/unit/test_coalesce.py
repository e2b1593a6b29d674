"""Which waiting jobs share a message."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from scheduler.coalesce import Sizes, coalesce

SIZES = Sizes(titles=4, postings=2, wait=0.2)


@dataclass(frozen=True, slots=True)
class Waits:
    id: int
    lane: int = 0
    heavy: bool = False
    suspect: bool = False
    waited: float = 0.0


def ids(jobs: list[Waits]) -> list[tuple[int, ...]]:
    return [batch.ids for batch in coalesce(jobs, SIZES)]


def test_a_full_batch_goes_at_once_and_the_rest_waits() -> None:
    assert ids([Waits(number) for number in range(6)]) == [(0, 1, 2, 3)]


def test_a_short_batch_goes_once_its_oldest_job_has_waited() -> None:
    assert ids([Waits(1), Waits(2, waited=0.3)]) == [(1, 2)]


def test_postings_with_bodies_go_in_smaller_batches_than_titles() -> None:
    assert ids([Waits(1, heavy=True), Waits(2), Waits(3, heavy=True), Waits(4, heavy=True)]) == [(1, 3)]


def test_a_suspect_goes_alone_and_without_waiting() -> None:
    assert ids([Waits(1, suspect=True), Waits(2), Waits(3, suspect=True)]) == [(1,), (3,)]


def test_the_live_lane_comes_first_and_lanes_do_not_mix() -> None:
    jobs = [Waits(number, lane=number % 2) for number in range(8)]
    assert ids(jobs) == [(0, 2, 4, 6), (1, 3, 5, 7)]


job = st.builds(
    Waits, id=st.integers(), lane=st.integers(0, 1), heavy=st.booleans(), suspect=st.booleans(), waited=st.just(1.0)
)


@given(st.lists(job, unique_by=lambda item: item.id))
def test_what_has_waited_goes_exactly_once(jobs: list[Waits]) -> None:
    batches = list(coalesce(jobs, SIZES))
    assert sorted(id_ for batch in batches for id_ in batch.ids) == sorted(item.id for item in jobs)
    assert all(len(batch.ids) <= SIZES.titles for batch in batches)
