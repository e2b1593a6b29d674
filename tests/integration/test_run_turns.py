"""Two trainings of one taxonomy never go on side by side, whoever asks for them and however at once."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from console import training
from console.training import Wish
from metier.errors import Rejected
from metier.types import Origin
from storage import run_leases, runs
from storage.engine import Engine, transaction
from storage.run_examples import Given
from storage.run_leases import Lease
from tests.integration.training_world import NAME, World, a_world, labelled
from worker.batch import Terms
from worker.training_steps import Order

OURS = Terms("here:1", 60.0, 5)
WISH = Wish(Order(NAME, by="ann"))


@pytest.fixture
def world(engine: Engine, tmp_path: Path) -> World:
    return a_world(engine, tmp_path)


def claim(world: World, job: int, lease: float = 60.0) -> Lease | None:
    with transaction(world.engine) as connection:
        return run_leases.claim(connection, job, task="train", owner="worker", lease=lease)


def states(world: World) -> list[str]:
    return [run.state for run in reversed(world.asked(runs.listed, "train"))]


def test_what_is_asked_for_twice_while_it_waits_is_one_run(world: World) -> None:
    first = training.queue(world.engine, WISH)
    again = training.queue(world.engine, Wish(Order(NAME, by="bob")))
    assert (again.run, again.joined, first.joined) == (first.run, True, False)
    assert training.take(world.engine, WISH, OURS).run == first.run
    assert states(world) == ["running"]


def test_what_retrain_has_queued_is_what_a_plain_command_asks_for(world: World) -> None:
    with transaction(world.engine) as connection:
        run, _ = runs.queue(connection, "train", {"taxonomy": NAME, "by": "retrain"})
    assert training.queue(world.engine, WISH).run == run


@pytest.mark.parametrize(
    "other",
    [
        Wish(Order(NAME, seed=1)),
        Wish(Order(NAME, head="full")),
        Wish(Order(NAME, promote=False)),
        Wish(Order("other")),
        Wish(Order(NAME), never=("0" * 64,)),
        Wish(Order(NAME, files=("a.csv",)), (Given("0" * 64, labelled(Origin.SOURCE, 1)[0], "a.csv line 2"),)),
    ],
)
def test_what_is_asked_for_otherwise_is_another_run(world: World, other: Wish) -> None:
    runs_ = {training.queue(world.engine, wish).run for wish in (WISH, other, other)}
    assert len(runs_) == (3 if other.given or other.never else 2)


def test_who_asks_once_it_has_begun_may_have_brought_more_and_is_next(world: World) -> None:
    first = training.queue(world.engine, WISH)
    assert claim(world, first.job)
    assert not training.queue(world.engine, WISH).joined
    assert states(world) == ["running", "waiting"]


def test_a_worker_leaves_a_run_waiting_while_another_of_its_taxonomy_goes_on(world: World) -> None:
    one = training.queue(world.engine, WISH)
    two = training.queue(world.engine, Wish(Order(NAME, seed=1)))
    other = training.queue(world.engine, Wish(Order("other")))
    held = claim(world, one.job)
    assert held is not None
    assert claim(world, two.job) is None
    assert claim(world, other.job), "another taxonomy is no reason to wait"
    assert states(world) == ["running", "waiting", "running"]
    with transaction(world.engine) as connection:
        run_leases.complete(connection, held)
    assert (taken := claim(world, two.job)) is not None
    assert taken.attempts == 1, "waiting is no attempt"


def test_here_says_who_trains_and_leaves_nothing_queued(world: World) -> None:
    one = training.queue(world.engine, WISH)
    assert claim(world, one.job)
    for wish in (WISH, Wish(Order(NAME, seed=1))):
        with pytest.raises(Rejected, match=rf"run {one.run} teaches kind now \(worker\).*metier runs cancel {one.run}"):
            training.take(world.engine, wish, OURS)
    assert states(world) == ["running"]


def test_a_run_whose_process_died_keeps_nobody_waiting_and_is_taken_by_the_same_command(world: World) -> None:
    one = training.queue(world.engine, WISH)
    assert claim(world, one.job, lease=-1.0)
    two = training.queue(world.engine, Wish(Order(NAME, seed=1)))
    assert claim(world, two.job, lease=-1.0)
    assert training.take(world.engine, WISH, OURS).run == one.run


def test_a_failed_run_that_is_replayed_waits_for_its_turn(world: World) -> None:
    from storage import jobs

    one = training.queue(world.engine, WISH)
    held = claim(world, one.job)
    assert held is not None
    with transaction(world.engine) as connection:
        run_leases.fail(connection, held, cause="x", error="x")
    two = training.queue(world.engine, WISH)
    assert not two.joined
    assert claim(world, two.job)
    with transaction(world.engine) as connection:
        assert jobs.replay(connection, [one.job]) == 1
    assert claim(world, one.job) is None


def together(count: int, act: Callable[[int], object]) -> list[object]:
    """Do it in so many threads at once; return what came of each, refusals included."""
    found: list[object] = [None] * count
    gate = threading.Barrier(count)

    def one(at: int) -> None:
        gate.wait()
        try:
            found[at] = act(at)
        except Rejected as error:
            found[at] = error

    threads = [threading.Thread(target=one, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def test_of_many_at_the_same_moment_one_trains(world: World) -> None:
    for round_ in range(5):
        seeds = [Wish(Order(NAME, seed=10 * round_ + at % 3)) for at in range(6)]
        found = together(6, lambda at, seeds=seeds: training.take(world.engine, seeds[at], OURS))  # type: ignore[misc]
        taken = [one for one in found if isinstance(one, Lease)]
        assert len(taken) == 1, found
        assert sum(isinstance(one, Rejected) for one in found) == 5
        assert states(world).count("running") == 1
        with transaction(world.engine) as connection:
            run_leases.complete(connection, taken[0])


def test_of_many_workers_at_the_same_moment_one_takes_a_run_of_the_taxonomy(world: World) -> None:
    for round_ in range(5):
        queued = [training.queue(world.engine, Wish(Order(NAME, seed=10 * round_ + at))) for at in range(4)]
        found = together(4, lambda at, queued=queued: claim(world, queued[at].job))  # type: ignore[misc]
        taken = [one for one in found if isinstance(one, Lease)]
        assert len(taken) == 1
        with transaction(world.engine) as connection:
            run_leases.complete(connection, taken[0])
            for job in queued:
                if (held := run_leases.claim(connection, job.job, task="train", owner="w", lease=60)) is not None:
                    run_leases.complete(connection, held)
