"""Two relays that look at the same time send each job once."""

from storage import hints
from storage.engine import Engine, transaction
from tests.factories import a_title
from tests.integration.rows import ingest


def test_a_job_that_two_relays_saw_is_named_by_the_first(engine: Engine) -> None:
    ingest(engine, *(a_title() for _ in range(3)))
    looks = []
    for _ in range(2):
        with transaction(engine) as connection:
            looks.append([job.id for job in hints.waiting(connection, "tag", lane=0, most=10, hint_age=60)])
    assert looks[0] == looks[1]
    assert len(looks[0]) == 3
    named = []
    for ids in (looks[0][:2], looks[1]):
        with transaction(engine) as connection:
            named.append(hints.note(connection, ids, hint_age=60))
    assert named == [set(looks[0][:2]), {looks[0][2]}]


def test_a_hint_that_is_old_is_given_again(engine: Engine) -> None:
    ingest(engine, a_title())
    for age in (60.0, -1.0):  # a hint of now is older than a second in the future
        with transaction(engine) as connection:
            (job,) = hints.waiting(connection, "tag", lane=0, most=10, hint_age=age)
            assert hints.note(connection, [job.id], hint_age=age) == {job.id}
    with transaction(engine) as connection:
        assert hints.waiting(connection, "tag", lane=0, most=10, hint_age=60) == []
