"""Each migration goes up and down on both databases, with rows in them, and makes what the tables say."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlmodel import SQLModel

import storage.tables
import storage.tables_gleaned
import storage.tables_system  # noqa: F401  the tables register themselves
from metier.example_keys import key
from storage import migrate
from storage.engine import Engine, reading, transaction
from tests.factories import a_posting
from tests.integration.rows import ingest, work


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
