"""A candidate tags beside the champion, is compared with it, and harms nobody whatever it does."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

import pytest

from metier.errors import ArtifactDamaged
from metier.types import Tag, Text
from storage import artifacts, claims, leases, postings, shadow_reports, shadows
from storage.engine import Engine, reading, transaction
from storage.shadow_reports import Report
from tests.factories import a_title
from tests.integration.retag_world import Levels, by_a_person, rows
from worker import batch
from worker.batch import Held, Terms
from worker.shadow import PATIENCE, Shadows, chosen

CHAMPION, CANDIDATE = Levels("1"), Levels("2", ["seniority"], score=0.7)
Answers = Callable[[Sequence[Text]], Any]


def loader(candidate: Any) -> Callable[[str, str], Any]:  # Any: what tags
    return lambda name, digest: candidate if digest == "new" else Levels("1", [name])


def tag(engine: Engine, beside: Shadows, *titles: str) -> None:
    """Ingest titles and tag what is ready, the candidates beside."""
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title(title) for title in titles])
    with reading(engine) as connection:
        wanted, champions = shadows.active(connection), artifacts.champions(connection)
    failed = beside.look(wanted, champions)
    with transaction(engine) as connection:
        shadows.write(connection, failed, [])
    ids = [id_ for (id_,) in rows(engine, "SELECT id FROM job WHERE state = 'ready'")]
    assert batch.run(engine, ids, CHAMPION, Terms("test"), Held(), candidates=beside) == len(ids)


def start(engine: Engine, share: float = 1.0) -> None:
    with transaction(engine) as connection:
        shadows.start(connection, "seniority", "new", share=share)


def report(engine: Engine) -> Report:
    with reading(engine) as connection:
        return shadow_reports.report(connection, shadows.listed(connection)[0])


def error(engine: Engine) -> str:
    with reading(engine) as connection:
        return shadows.listed(connection)[0].error


def champions_tags(engine: Engine) -> set[tuple[Any, ...]]:
    return set(rows(engine, "SELECT taxonomy, code, artifact FROM tag"))


def test_a_candidate_is_compared_and_its_answers_are_nobodys_tags(engine: Engine) -> None:
    start(engine)
    tag(engine, Shadows(loader(CANDIDATE)), "Nurse", "Driver")
    by_a_person(engine, "Nurse", "seniority", "2-nurse")
    found = report(engine)
    assert (found.compared, found.agreed, found.sure, found.champion_sure) == (2, 0, 2, 2)
    assert (found.score, found.champion_score) == (pytest.approx(0.7), pytest.approx(0.9))
    assert (found.judged, found.right, found.champion_right) == (1, 1, 0)
    assert {(change.old, change.new, change.count) for change in found.changes} == {
        ("1-nurse", "2-nurse", 1), ("1-driver", "2-driver", 1)
    }  # fmt: skip
    assert {example.title for change in found.changes for example in change.examples} == {"Nurse", "Driver"}
    assert ("seniority", "1-driver", "seniority@1") in champions_tags(engine)


def test_both_are_timed_on_the_same_texts(engine: Engine) -> None:
    start(engine)
    ticks = count()
    tag(engine, Shadows(loader(CANDIDATE), clock=lambda: float(next(ticks))), "Nurse")
    with reading(engine) as connection:
        (found,) = shadows.listed(connection)
    assert (found.texts, found.seconds, found.champion_seconds) == (1, 1.0, 1.0)


def test_the_share_is_kept_and_the_same_each_time(engine: Engine) -> None:
    picked = [posting for posting in range(1, 20_001) if chosen(posting, 0.1)]
    assert 1_900 < len(picked) < 2_100
    assert set(picked) <= {posting for posting in range(1, 20_001) if chosen(posting, 0.2)}
    assert all(chosen(posting, 1.0) for posting in range(1, 100))
    start(engine, share=0.5)
    tag(engine, Shadows(loader(CANDIDATE)), *(f"Nurse {number}" for number in range(20)))
    ids = [id_ for (id_,) in rows(engine, "SELECT id FROM posting")]
    assert {id_ for (id_,) in rows(engine, "SELECT posting_id FROM shadow_tag")} == {i for i in ids if chosen(i, 0.5)}


def raises(_texts: Sequence[Text]) -> Any:
    raise MemoryError("no room")


def is_short(texts: Sequence[Text]) -> Any:
    return [[] for _ in texts][1:]


def is_nonsense(texts: Sequence[Text]) -> Any:
    return [[Tag("seniority", "lead", float("nan"), True)] for _ in texts]


def is_no_text(texts: Sequence[Text]) -> Any:
    return [[Tag("seniority", "le\x00ad", 0.5, True)] for _ in texts]


@pytest.mark.parametrize("fault", [raises, is_short, is_nonsense, is_no_text])
def test_a_candidate_that_fails_is_put_aside_and_the_champions_tags_are_written(engine: Engine, fault: Answers) -> None:
    failing = Levels("2", ["seniority"])
    failing.tag = fault  # type: ignore[method-assign]  # a candidate that is broken in one way
    start(engine)
    tag(engine, beside := Shadows(loader(failing)), "Nurse")
    assert error(engine).startswith("failed: ")
    assert rows(engine, "SELECT count(*) FROM shadow_tag") == [(0,)]
    assert champions_tags(engine) == {
        ("seniority", "1-nurse", "seniority@1"), ("department", "1-nurse", "department@1")
    }  # fmt: skip
    tag(engine, beside, "Driver")
    assert len(champions_tags(engine)) == 4


def test_a_damaged_candidate_is_put_aside_until_it_is_started_again(engine: Engine) -> None:
    def load(_name: str, digest: str) -> Any:
        if digest == "new":
            raise ArtifactDamaged("head.safetensors does not match its manifest")
        return Levels("1", ["seniority"])

    start(engine)
    tag(engine, Shadows(load), "Nurse")
    assert error(engine) == "cannot be loaded: ArtifactDamaged: head.safetensors does not match its manifest"
    start(engine)
    tag(engine, Shadows(loader(CANDIDATE)), "Driver")
    assert report(engine).compared == 1


def test_a_candidate_that_is_too_slow_is_put_aside(engine: Engine) -> None:
    start(engine)
    times: Iterator[float] = iter([0.0, PATIENCE + 1])
    tag(engine, Shadows(loader(CANDIDATE), clock=lambda: next(times)), "Nurse")
    assert error(engine) == "too slow: 21 s for 1 texts beside one batch"
    assert len(champions_tags(engine)) == 2


def test_what_was_attempted_before_is_left_to_the_champion_alone(engine: Engine) -> None:
    start(engine)
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title("Nurse")])
    ((job,),) = rows(engine, "SELECT id FROM job")
    with transaction(engine) as connection:
        held = claims.claim(connection, [job], owner="dies", lease=60)
        leases.fail(connection, [leases.Failure(held[0], "died", "", 0.0)], most=5)
    tag(engine, Shadows(loader(CANDIDATE)))
    assert rows(engine, "SELECT count(*) FROM shadow_tag") == [(0,)]


def test_a_stopped_candidate_tags_no_more_and_old_answers_are_forgotten(engine: Engine) -> None:
    start(engine)
    beside = Shadows(loader(CANDIDATE))
    tag(engine, beside, "Nurse")
    with transaction(engine) as connection:
        assert shadows.stop(connection, "seniority")
        assert not shadows.stop(connection, "seniority")
    tag(engine, beside, "Driver")
    assert report(engine).compared == 1
    with transaction(engine) as connection:
        assert shadows.forget(connection, seconds=3600) == 0
        assert shadows.forget(connection, seconds=-1) == 1


def test_a_posting_that_is_tagged_again_is_compared_anew(engine: Engine) -> None:
    start(engine)
    edited = a_title("Nurse")
    for version, title in (("2", "Nurse"), ("3", "Driver")):
        with transaction(engine) as connection:
            postings.ingest(connection, [a_title(title, key=edited.key)])
        tag(engine, Shadows(loader(Levels(version, ["seniority"]))))
    assert rows(engine, "SELECT code, revision FROM shadow_tag") == [("3-driver", 2)]
