"""A run is applied and undone while postings are edited and corrected: no answer is a mixture, none is out of date."""

import contextlib
import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import pytest

from metier.errors import Transient
from metier.types import Kind, Posting, Tag
from storage import claims, leases, postings
from storage.engine import Engine, transaction
from storage.tags import Tagged
from tests.integration.retag_killed import carry_on
from tests.integration.retag_killed import undo as undo_in_pieces
from tests.integration.retag_world import Levels, begin, bring, by_a_person, rows, work

KEYS = [f"k{number}" for number in range(12)]
EDITS = 40
Answer = TypeVar("Answer")


def test_edits_and_corrections_beside_a_run_and_its_undoing_leave_sound_tags(engine: Engine) -> None:
    bring(engine, *(Posting("s", key, key, kind=Kind.TITLE) for key in KEYS))
    failures: list[BaseException] = []
    chance = random.Random(7)

    def edits() -> None:
        for number in range(EDITS):
            _patiently(partial(_edit, engine, chance.choice(KEYS), number))
            _patiently(partial(work, engine, Levels("live"), most=3))

    def corrections() -> None:
        for number in range(EDITS):
            titles = [title for (title,) in rows(engine, "SELECT title FROM posting ORDER BY id")]
            _patiently(partial(_correct, engine, titles[number % len(titles)]))

    def runs() -> None:
        for _ in range(3):
            run = _patiently(partial(carry_on, engine, "s"))
            _patiently(partial(undo_in_pieces, engine, run))

    def kept(what: Callable[[], None]) -> Callable[[], None]:
        def guarded() -> None:
            try:
                what()
            except BaseException as error:  # noqa: BLE001  shown by the test
                failures.append(error)

        return guarded

    threads = [threading.Thread(target=kept(what)) for what in (edits, corrections, runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == []
    work(engine, Levels("live"))
    mixed = "SELECT 1 FROM tag GROUP BY posting_id, taxonomy HAVING count(*) > 1"
    assert rows(engine, mixed) == []
    old = (
        "SELECT p.title, t.code, t.origin FROM posting p LEFT JOIN tag t ON t.posting_id = p.id AND t.revision = "
        "p.revision AND t.taxonomy = 'department' WHERE t.code IS NULL"
    )
    assert rows(engine, old) == []
    told = rows(engine, "SELECT count(*) FROM tag WHERE origin = 'person' AND code <> 'told'")
    assert told == [(0,)]


@pytest.mark.parametrize("edited", [False, True])
def test_a_correction_that_comes_while_new_tags_are_written_is_all_that_stands(engine: Engine, edited: bool) -> None:
    bring(engine, Posting("s", "k", "Nurse", kind=Kind.TITLE))
    if edited:
        _edit(engine, "k", 2)
    else:
        begin(engine)
    ((job,),) = rows(engine, "SELECT id FROM job WHERE state = 'ready'")
    ((title,),) = rows(engine, "SELECT title FROM posting")
    with transaction(engine) as connection:
        held = claims.claim(connection, [job], owner="w", lease=60)
    corrects = threading.Thread(target=by_a_person, args=(engine, title, "seniority", "told"))
    with transaction(engine) as connection:
        tags = [Tag("seniority", "new", 0.9, True)]
        leases.complete(connection, [Tagged(held[0], tags, {"seniority": "seniority@2"})])
        corrects.start()
        time.sleep(0.5)
    corrects.join(30)
    assert rows(engine, "SELECT code, origin FROM tag WHERE taxonomy = 'seniority'") == [("told", "person")]


def _edit(engine: Engine, key: str, number: int) -> None:
    with transaction(engine) as connection:
        postings.ingest(connection, [Posting("s", key, f"{key} {number}", kind=Kind.TITLE)])


def _correct(engine: Engine, title: str) -> None:
    with contextlib.suppress(ValueError):  # it has another title by now
        by_a_person(engine, title, "seniority", "told")


def _patiently(work: Callable[[], Answer]) -> Answer:
    while True:
        try:
            return work()
        except Transient:  # two transactions met; whoever is told so tries again
            continue
