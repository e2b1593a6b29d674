"""`metier erase` reaches everything that keeps something of a posting, and nothing else."""

from dataclasses import replace
from pathlib import Path

from sqlalchemy import text

from metier.answer import Answer
from metier.types import Tag, Text
from pipelines import answer_cache
from pipelines import text as reading_of
from pipelines.answer_cache import AnswerCache
from pipelines.encoding.vector_cache import VectorCache, key
from storage import engine
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting
from tests.integration.rows import ingest, kill, tag, work
from tests.integration.system import Home

SECRET = "Zebrastreifenmaler"


def everything(connected: Engine) -> str:
    """Return the text of all rows of all tables."""
    from sqlalchemy import inspect

    names = [name for name in inspect(connected).get_table_names() if name != "alembic_version"]
    with reading(connected) as connection:
        return "\n".join(
            str(row)
            for name in names
            for row in connection.execute(text(f"SELECT * FROM {name}"))  # noqa: S608  our own names
        )


def test_an_erased_posting_is_nowhere_any_more(home: Home, connected: Engine) -> None:
    long = f"Salary: 50,000 EUR a year, says {SECRET}. " + " ".join(["You work with us in a team."] * 9)
    named = [a_posting(SECRET, key=f"{SECRET}-{number}", source="cvs", body=long) for number in range(3)]
    ids = ingest(connected, *(replace(one, extra={"salary_text": f"{SECRET} 60,000 EUR"}) for one in named))
    work(connected, ids[0])
    tag(connected, ids[1])
    kill(connected, "rejected", ids[2])
    tag(connected, *ingest(connected, a_posting(f"{SECRET} II", key=f"{SECRET}-0", source="cvs")))
    tag(connected, *ingest(connected, a_posting("Nurse", key="stays", source="cvs")))
    with transaction(connected) as connection:
        connection.execute(
            text(
                "INSERT INTO example (text_sha, text, taxonomy, code, origin, split, language, posting_id, made_by, "
                "made_at) SELECT 's', title, 'seniority', 'senior', 'reviewed', 'train', '', id, 'ann', changed_at "
                "FROM posting WHERE source_key = :key"
            ),
            {"key": f"{SECRET}-1"},
        )
    assert everything(connected).count(SECRET) > 6
    words = [word for number in range(3) for word in ("--ref", f"cvs:{SECRET}-{number}")]
    gone = home.answer("erase", *words, "--yes")
    assert gone == {
        "postings": 3,
        "tags": 2,
        "history": 1,
        "shadow": 0,
        "examples": 1,
        "events": 3,
        "fields": 1,
        "signatures": 1,
    }
    assert SECRET not in everything(connected)
    assert "stays" in everything(connected)
    told = home.metier("export", "-").stdout.splitlines()
    assert sum('"erased"' in line for line in told) == 3


def test_a_source_is_erased_as_a_whole(home: Home, connected: Engine) -> None:
    ingest(connected, *(a_posting(source="one") for _ in range(7)), a_posting(source="two"))
    assert home.answer("erase", "--source", "one", "--yes")["postings"] == 7
    assert home.answer("status")["totals"]["postings"] == 1


def test_the_vectors_that_this_host_keeps_are_forgotten(tmp_path: Path, sqlite_database: str) -> None:
    import numpy as np

    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database})
    connected = engine.create(sqlite_database)
    posting = a_posting(SECRET, key="1", source="cvs")
    ingest(connected, posting)
    connected.dispose()
    (home.path / "cache").mkdir(parents=True)
    cache = VectorCache(home.path / "cache" / "vectors-abc.db", dimension=2, rows=10)
    (title,) = reading_of.tidy([SECRET])
    names = [key(reading_of.passage(title, posting.body)), key("stays")]
    cache.put(names, np.ones((2, 2), np.float32))
    assert set(cache.get(names)) == set(names)
    assert home.metier("erase", "--source", "cvs", "--yes").returncode == 0
    assert set(cache.get(names)) == {names[1]}
    cache.close()


def test_the_answers_that_this_host_keeps_are_forgotten(tmp_path: Path, sqlite_database: str) -> None:
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": sqlite_database})
    connected = engine.create(sqlite_database)
    posting = a_posting(SECRET, key="1", source="cvs", language="de", company="Lakeside")
    ingest(connected, posting)
    connected.dispose()
    (home.path / "cache").mkdir(parents=True)
    cache = AnswerCache(home.path / "cache" / "answers-abc.db", rows=10)
    texts = [Text(SECRET, posting.body, "de", "Lakeside"), Text("stays")]
    names = {answer_cache.key(item): item for item in texts}
    cache.put({name: Answer.of([Tag("seniority", "senior", 0.9, True)]) for name in names}, names)
    assert cache.get(names).keys() == names.keys()
    assert home.metier("erase", "--source", "cvs", "--yes").returncode == 0
    assert cache.get(names).keys() == {answer_cache.key(texts[1])}
    cache.close()


def test_nothing_is_erased_without_consent(home: Home, connected: Engine) -> None:
    ingest(connected, a_posting(key="1"))
    ran = home.metier("erase", "--ref", "test:1")
    assert (ran.returncode, "--yes" in ran.stderr) == (2, True)
    ran = home.metier("erase", "--ref", "test:1", "--ref", "test:2", "--yes")
    assert (ran.returncode, "no posting test:2; nothing was erased" in ran.stderr) == (1, True)
    assert home.metier("erase").returncode == 2
    assert home.answer("status")["totals"]["postings"] == 1
