"""A run replaces the tags it names and no others, is done once, and is undone as a whole and exactly."""

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from metier.errors import Rejected
from metier.types import Kind, Origin
from storage import artifacts, claims, filters, leases, postings, retag_runs, retags
from storage.engine import Engine, transaction
from storage.filters import Filter
from storage.tags import Tagged
from tests.factories import a_posting, a_title
from tests.integration.retag_world import (
    Levels,
    apply,
    begin,
    bring,
    by_a_person,
    codes,
    rows,
    tags,
    undo,
    work,
)

OLD, NEW = Levels("1"), Levels("2")


def test_only_the_named_taxonomies_are_replaced_and_tags_say_which_run_gave_them(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), a_title("Driver"))
    run = apply(engine, NEW, taxonomies=["seniority"])
    assert codes(engine) == {"Nurse": "2-nurse", "Driver": "2-driver"}
    assert codes(engine, "department") == {"Nurse": "1-nurse", "Driver": "1-driver"}
    assert set(rows(engine, "SELECT taxonomy, artifact, run_id FROM tag")) == {
        ("seniority", "seniority@2", run), ("department", "department@1", None)
    }  # fmt: skip
    assert set(rows(engine, "SELECT code, replaced_by FROM tag_history")) == {("1-nurse", run), ("1-driver", run)}
    assert rows(engine, "SELECT state, done, total FROM run") == [("done", 2, 2)]


def test_a_change_tells_what_stands_in_all_taxonomies(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    apply(engine, NEW, taxonomies=["seniority"])
    ((payload,),) = rows(engine, "SELECT payload FROM outbox ORDER BY id DESC LIMIT 1")
    assert json.loads(payload) == {"seniority": [["2-nurse", 0.9, True]], "department": [["1-nurse", 0.9, True]]}


def test_undoing_brings_back_every_byte_and_tells_each_change(engine: Engine) -> None:
    bring(engine, *(a_title(f"Nurse {number}") for number in range(5)))
    before, told = tags(engine), len(rows(engine, "SELECT id FROM outbox"))
    run = apply(engine, NEW)
    assert tags(engine) != before
    assert undo(engine, run) == {"after": rows(engine, "SELECT MAX(id) FROM posting")[0][0], "restored": 10, "left": {}}
    assert tags(engine) == before
    assert len(rows(engine, "SELECT id FROM outbox")) == told + 5 + 5
    assert dict(rows(engine, "SELECT kind, state FROM run")) == {"retag": "undone", "retag undo": "done"}


def test_a_taxonomy_that_had_no_tags_gets_them_and_loses_them_again(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), serving=Levels("1", ["seniority"]))
    before = tags(engine)
    run = apply(engine, NEW, Filter(taxonomies=["department"], untagged=True), ["department"])
    assert codes(engine, "department") == {"Nurse": "2-nurse"}
    undo(engine, run)
    assert tags(engine) == before


def test_a_run_that_gives_no_tag_is_undone_too(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    before = tags(engine)
    silent = Levels("2")
    silent.tag = lambda texts: [[] for _ in texts]  # type: ignore[method-assign]  # a tagger that has nothing to say
    run = apply(engine, silent)
    assert tags(engine) == []
    undo(engine, run)
    assert tags(engine) == before


def test_what_a_person_a_new_revision_or_a_later_run_changed_is_left_and_counted(engine: Engine) -> None:
    keep = a_title("Nurse")
    bring(engine, keep, a_title("Driver"), a_title("Cook"), a_title("Clerk", source="late"), a_title("Judge"))
    by_a_person(engine, "Judge", "department", "told before")
    run = apply(engine, NEW, taxonomies=["department"])
    assert codes(engine, "department")["Judge"] == "told before"
    by_a_person(engine, "Driver", "department", "told")
    apply(engine, Levels("3"), Filter(sources=["late"]), ["department"])
    edited = a_title("Head nurse", key=keep.key)
    bring(engine, edited, serving=NEW)
    assert undo(engine, run)["left"] == {"revision": 1, "person": 1, "run": 1}
    assert codes(engine, "department") == {
        "Head nurse": "2-head nurse", "Driver": "told", "Cook": "1-cook", "Clerk": "3-clerk", "Judge": "told before"
    }  # fmt: skip


def test_an_earlier_run_is_undone_behind_a_later_one_that_was_undone(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), a_title("Driver"))
    before = tags(engine)
    first, second = apply(engine, NEW), apply(engine, Levels("3"))
    assert undo(engine, first)["left"] == {"run": 4}
    assert set(codes(engine).values()) == {"3-nurse", "3-driver"}
    undo(engine, second)
    assert set(codes(engine).values()) == {"2-nurse", "2-driver"}
    assert undo(engine, first)["restored"] == 4
    assert tags(engine) == before


def test_undoing_again_changes_nothing(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    run = apply(engine, NEW)
    once, before = undo(engine, run), tags(engine)
    events = rows(engine, "SELECT count(*) FROM outbox")
    assert undo(engine, run) == once
    assert (tags(engine), rows(engine, "SELECT count(*) FROM outbox")) == (before, events)
    assert len(rows(engine, "SELECT id FROM run")) == 2


def test_a_run_that_is_undone_while_it_works_does_nothing_more(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), a_title("Driver"))
    before = tags(engine)
    run = begin(engine)
    assert work(engine, NEW, most=1) == 1
    with transaction(engine) as connection:
        ids = [id_ for (id_,) in rows(engine, "SELECT id FROM job WHERE state = 'ready'")]
        held = claims.claim(connection, ids, owner="slow", lease=60)
    undo(engine, run)
    assert tags(engine) == before
    with transaction(engine) as connection:
        results = [Tagged(job, [], NEW.artifacts) for job in held]
        assert leases.complete(connection, results) == []
        assert retags.feed(connection, run) is False


def test_two_runs_over_one_taxonomy_are_refused_and_the_undoing_of_an_undoing(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    run = begin(engine, taxonomies=["seniority"])
    begin(engine, taxonomies=["department"])
    with pytest.raises(Rejected, match=f"run {run} is still at work on seniority"):
        begin(engine, taxonomies=["seniority"])
    work(engine, NEW)
    undo(engine, run)
    ((number,),) = rows(engine, "SELECT id FROM run WHERE kind = 'retag undo'")
    with pytest.raises(Rejected, match="is an undoing itself"):
        undo(engine, number)
    with pytest.raises(Rejected, match="there is no run 999"):
        undo(engine, 999)


def test_postings_without_their_first_tags_are_left_to_the_present_champion(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    with transaction(engine) as connection:
        postings.ingest(connection, [a_title("Driver")])
        assert retags.choose(connection, Filter(), ["seniority"]) == retags.Chosen(1, 0, 1, 0)
    begin(engine)
    assert rows(engine, "SELECT purpose, lane FROM job WHERE state = 'ready' ORDER BY id") == [("", 0), ("retag:1", 1)]


def test_what_came_after_the_run_began_is_not_its_business(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    with transaction(engine) as connection:
        run = retags.begin(connection, Filter(), ["seniority"], total=1, by="test")
    bring(engine, a_title("Driver"))
    with transaction(engine) as connection:
        assert retags.feed(connection, run) is False
        assert retag_runs.get(connection, run).done == 1


def test_what_an_earlier_artifact_gave_is_chosen_by_digest_or_by_date(engine: Engine) -> None:
    bring(engine, a_title("Nurse"), serving=Levels("old"))
    with transaction(engine) as connection:
        for digest in ("first", "second"):
            artifacts.register(connection, "seniority", digest)
        connection.execute(text("UPDATE artifact SET made_at = '2026-05-03 12:00:00' WHERE digest = 'first'"))
    bring(engine, a_title("Driver"), serving=Levels("first"))
    bring(engine, a_title("Cook"), serving=Levels("second"))
    titles = dict(rows(engine, "SELECT id, title FROM posting"))
    with transaction(engine) as connection:

        def found(**wanted: object) -> set[str]:
            chosen = Filter(taxonomies=["seniority"], **wanted)  # type: ignore[arg-type]  # one field at a time
            return {titles[id_] for id_ in filters.passing(connection, chosen, list(titles))}

        assert found(artifact_before="sec") == {"Nurse", "Driver"}
        assert found(artifact_before="seniority@first") == {"Nurse"}
        assert found(made_before=datetime(2026, 5, 3, tzinfo=UTC)) == {"Nurse"}
        assert found(made_before=datetime(2026, 5, 4, tzinfo=UTC)) == {"Nurse", "Driver"}
        with pytest.raises(Rejected, match="0 known artifacts have a digest that begins with third"):
            found(artifact_before="third")


def test_a_job_of_a_run_that_nobody_knows_changes_nothing_and_harms_no_other(engine: Engine) -> None:
    bring(engine, a_title("Nurse"))
    before = tags(engine)
    begin(engine)
    with transaction(engine) as connection:
        connection.execute(text("DELETE FROM run"))
        postings.ingest(connection, [a_title("Driver")])
    assert work(engine, NEW) == 2
    assert [row for row in tags(engine) if row in before] == before
    assert codes(engine) == {"Nurse": "1-nurse", "Driver": "2-driver"}


def test_the_filter_chooses_by_posting_and_by_the_tag_that_stands(engine: Engine) -> None:
    bring(engine, a_posting("Nurse", source="a", language="de"), serving=Levels("1", score=0.4))
    bring(engine, a_title("Driver", source="b"), serving=Levels("2", score=0.95))
    bring(engine, a_title("100% Cook", source="c"))
    by_a_person(engine, "100% Cook", "seniority", "lead")
    with transaction(engine) as connection:
        titles = dict(rows(engine, "SELECT id, title FROM posting"))

        def found(**wanted: object) -> set[str]:
            chosen = Filter(**wanted)  # type: ignore[arg-type]  # one field at a time
            assert filters.of_params(json.loads(json.dumps(filters.as_params(chosen)))) == chosen
            return {titles[id_] for id_ in filters.passing(connection, chosen, list(titles))}

        assert found() == set(titles.values())
        assert found(sources=["a", "b"]) == {"Nurse", "Driver"}
        assert found(kinds=[Kind.POSTING]) == {"Nurse"}
        assert found(languages=["de"]) == {"Nurse"}
        assert found(text="00%") == {"100% Cook"}
        assert found(text="0_%") == set()
        assert found(codes=["2-driver"]) == {"Driver"}
        assert found(origins=[Origin.PERSON]) == {"100% Cook"}
        assert found(score_below=0.5) == {"Nurse"}
        assert found(score_above=0.92, taxonomies=["department"]) == {"Driver"}
        assert found(artifact="seniority@2") == {"Driver"}
        assert found(artifact="@1", taxonomies=["seniority"]) == {"Nurse"}
        assert found(sure=False) == set()
        assert found(untagged=True, taxonomies=["career", "seniority"]) == set(titles.values())
        assert found(untagged=True, taxonomies=["seniority"]) == set()
