"""Postings come in by one call from another program, and by standard input."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from metier.types import Posting
from scheduler.push import Pushed, push
from storage.engine import Engine, reading
from tests.factories import a_posting
from tests.integration.system import Home


def many(number: int) -> Iterator[Posting]:
    return (a_posting(f"Nurse {n}", source="ats", key=str(n)) for n in range(number))


def of(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def counted(engine: Engine) -> tuple[int, int]:
    with reading(engine) as connection:
        found = connection.execute(text("SELECT (SELECT count(*) FROM posting), (SELECT count(*) FROM job)"))
        [(saved, due)] = found
        return saved, due


def test_an_iterable_is_saved_in_one_call_and_again_is_nothing(engine: Engine) -> None:
    assert push(many(1201), database=of(engine)) == Pushed(1201, 0, 0)
    edited = (replace(one, title="Head Nurse") if one.key == "7" else one for one in many(1201))
    assert push(edited, database=of(engine)) == Pushed(0, 1, 1200)
    assert counted(engine) == (1201, 1202)


def test_what_cannot_be_stored_is_named_and_the_rest_goes_through(engine: Engine) -> None:
    odd = [*many(3), a_posting(source="ats", key="x" * 999)]
    pushed = push(odd, database=of(engine))
    assert (pushed.new, len(pushed.bad)) == (3, 1)
    assert "its key has 999 characters" in pushed.bad[0]


def test_a_program_that_breaks_off_keeps_what_went_before(engine: Engine) -> None:
    def broken() -> Iterator[Posting]:
        yield from many(700)
        raise RuntimeError("planted")

    with pytest.raises(RuntimeError, match="planted"):
        push(broken(), database=of(engine))
    assert counted(engine)[0] == 500
    assert push(many(700), database=of(engine)).new == 200


def test_an_empty_database_gets_its_tables(tmp_path: Path) -> None:
    assert push(many(2), database=f"sqlite:///{tmp_path / 'new.db'}").new == 2


@pytest.mark.parametrize(
    ("words", "given"),
    [
        ((), '{"title": "Nurse"}\n{"title": "Cook"}\n'),
        ((), "title;id\nNurse;1\nCook;2\n"),
        (("--format", "tsv"), "title\tid\nNurse, night\t1\nCook\t2\n"),
        (("--format", "csv"), 'title,id\n"{Nurse}",1\n{Cook},2\n'),
    ],
)
def test_standard_input_is_read_as_what_it_is_or_as_told(
    sqlite_database: str, tmp_path: Path, words: tuple[str, ...], given: str
) -> None:
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database})
    ran = home.metier("ingest", "-", "--source", "feed", *words, stdin=given)
    assert (ran.returncode, "2 new" in ran.stdout) == (0, True), ran.stderr
    wrong = home.metier("ingest", "-", "--format", "yaml", stdin=given)
    assert (wrong.returncode, "use jsonl, csv or tsv" in wrong.stderr) == (2, True)
