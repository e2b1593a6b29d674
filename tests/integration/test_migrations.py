"""Each migration goes up and down on both databases, with rows in them, and makes what the tables say."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import storage.tables
import storage.tables_gleaned
import storage.tables_system  # noqa: F401  the tables register themselves
from metier.errors import SchemaMismatch
from metier.example_keys import key
from storage import check, migrate
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting, a_title
from tests.integration.rows import ingest, work

VERSIONS = Path(migrate.__file__).parent / "migrations" / "versions"


def test_the_newest_schema_is_what_the_tables_say(empty: Engine) -> None:
    migrate.upgrade(empty)
    with reading(empty) as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []


def test_the_names_of_the_files_tell_the_revisions() -> None:
    script = ScriptDirectory(str(Path(migrate.__file__).parent / "migrations"))
    assert migrate.newest() == script.get_current_head()
    names = {Path(one.path).name.partition("_")[0]: one.revision for one in script.walk_revisions()}
    assert all(name == revision for name, revision in names.items())


def test_fields_and_clusters_go_down_and_up_again_and_the_rest_stays(empty: Engine) -> None:
    migrate.upgrade(empty)
    posting = a_posting("Buyer", body="Remote work, EUR 50,000 a year. " * 9, location="Lyon, France")
    ingest(empty, posting)
    work(empty)
    migrate.downgrade(empty, "0001")
    assert not {"fields", "signature", "band"} & set(inspect(empty).get_table_names())
    migrate.upgrade(empty)
    with reading(empty) as connection:
        assert connection.execute(text("SELECT title, revision FROM posting")).all() == [("Buyer", 1)]
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() == 1
    assert ingest(empty, posting) == []  # it is as it was before what its source states was noted


@pytest.mark.parametrize("revision", sorted(path.name[:4] for path in VERSIONS.glob("0*.py"))[:-1])
def test_a_database_of_any_older_schema_comes_up_with_its_rows_and_work_goes_on(empty: Engine, revision: str) -> None:
    migrate.upgrade(empty)
    long = "Remote work, EUR 50,000 a year. " * 9
    dated = a_title("Head Nurse", key="7", extra={"cv": "c1", "start": "2020-01", "end": "2021-05"})
    ingest(empty, a_posting("Buyer", body=long, location="Lyon"), a_posting("Buyer", body=long), dated)
    work(empty)
    waiting = ingest(empty, a_title("Cook", key="8"))
    migrate.downgrade(empty, revision)
    with pytest.raises(SchemaMismatch, match="run `metier db upgrade`"):
        migrate.check(empty)
    migrate.upgrade(empty)
    check.sound(empty)
    with reading(empty) as connection:
        assert compare_metadata(MigrationContext.configure(connection), SQLModel.metadata) == []
        assert connection.execute(text("SELECT count(*) FROM posting")).scalar_one() == 4
        assert connection.execute(text("SELECT count(*) FROM tag")).scalar_one() == 3
    assert work(empty, *waiting) == 1
    assert work(empty, *ingest(empty, a_posting("Cook", body=long))) == 1
    check.sound(empty)


def test_labels_that_came_with_cvs_get_the_hash_of_all_other_examples_and_stay_single(empty: Engine) -> None:
    migrate.upgrade(empty, "0007")
    old, right = "0" * 64, key("Buyer")
    rows = [
        ("Buyer (m/w/d)", old, "lead"),
        ("Buyer", right, "lead"),
        ("Buyer (m/w/d)", old, "senior"),
        ("***", old, "x"),
    ]
    with transaction(empty) as connection:
        for title, sha, code in rows:
            connection.execute(
                text(
                    "INSERT INTO example (text_sha, text, taxonomy, code, origin, split, language, made_by, made_at) "
                    "VALUES (:sha, :title, 'seniority', :code, 'gold', 'gold', '', '', CURRENT_TIMESTAMP)"
                ),
                {"title": title, "sha": sha, "code": code},
            )
    migrate.upgrade(empty)
    with reading(empty) as connection:
        kept = connection.execute(text("SELECT text, text_sha, code FROM example ORDER BY code")).all()
    assert kept == [("Buyer", right, "lead"), ("Buyer (m/w/d)", right, "senior")]
