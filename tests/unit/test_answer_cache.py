"""Answers are kept for one text and one set of artifacts, locked with the text, and forgotten when it is erased."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from metier.answer import Answer
from metier.types import Tag, Text
from pipelines import answer_cache
from pipelines.answer_cache import AnswerCache, key

NURSE = Text("Zebra Nurse", language="en", company="Lakeside")
ANSWER = Answer.of(
    [
        Tag("seniority", "senior", 0.8312, True, {"rule": "senior", "words": ["zebra"]}),
        Tag("career", "x", 0.3, False),
    ]
)
OTHERS = [
    Text("Zebra Nurse", language="de", company="Lakeside"),
    Text("Zebra Nurse", language="en", company="Lakesid"),
    Text("Zebra Nurse", "A body.", language="en", company="Lakeside"),
    Text("Zebra Nursee", language="n", company="Lakeside"),
]


@pytest.fixture
def cache(tmp_path: Path) -> AnswerCache:
    return AnswerCache(tmp_path / "answers.db", rows=100)


def keep(cache: AnswerCache, item: Text = NURSE) -> None:
    cache.put({key(item): ANSWER}, {key(item): item})


def test_an_answer_comes_back_as_it_was(cache: AnswerCache) -> None:
    keep(cache)
    assert cache.get({key(NURSE): NURSE}) == {key(NURSE): ANSWER}


@pytest.mark.parametrize("other", OTHERS)
def test_a_text_that_differs_in_anything_has_no_answer(cache: AnswerCache, other: Text) -> None:
    keep(cache)
    assert cache.get({key(other): other}) == {}


def test_nobody_reads_an_answer_without_its_text(cache: AnswerCache, tmp_path: Path) -> None:
    keep(cache)
    cache.close()
    held = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key(NURSE) in held
    assert b"zebra" not in held
    assert b"senior" not in held


def test_an_erased_answer_is_gone(cache: AnswerCache, tmp_path: Path) -> None:
    keep(cache)
    cache.erase([key(NURSE)])
    assert cache.get({key(NURSE): NURSE}) == {}
    cache.close()
    assert key(NURSE) not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_flipped_bit_is_no_answer(cache: AnswerCache, tmp_path: Path) -> None:
    keep(cache)
    cache.close()
    with sqlite3.connect(tmp_path / "answers.db") as database:
        (value,) = database.execute("SELECT value FROM answer").fetchone()
        database.execute("UPDATE answer SET value = ?", (value[:-2] + bytes([value[-2] ^ 1]) + value[-1:],))
    database.close()
    assert AnswerCache(tmp_path / "answers.db", rows=100).get({key(NURSE): NURSE}) == {}


def test_half_a_character_is_read_as_any_other(cache: AnswerCache) -> None:
    odd = Text("Nurse \ud800")
    keep(cache, odd)
    assert cache.get({key(odd): odd}) == {key(odd): ANSWER}


def test_other_artifacts_have_another_file(tmp_path: Path) -> None:
    found = {
        answer_cache.path(tmp_path, {"seniority": digest, "encoder": "e"}, form=form)
        for digest in ("a", "b")
        for form in ("all", "some")
    }
    assert len(found) == 4


def test_only_files_that_served_nobody_for_a_week_are_removed(tmp_path: Path) -> None:
    ours, young, old = (tmp_path / f"answers-{name}.db" for name in ("ours", "young", "old"))
    for file in (ours, young, old):
        file.write_bytes(b"")
    for file in (ours, old):
        os.utime(file, (time.time() - 8 * 86400,) * 2)
    answer_cache.tidy(ours)
    assert [file.exists() for file in (ours, young, old)] == [True, True, False]
