"""`metier db`: a backup shows one moment, is whole or refused, and moves between SQLite and Postgres."""

import gzip
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from metier.errors import ConfigError
from storage import artifacts, backup, migrate
from storage.engine import Engine, reading, transaction
from storage.tables_gleaned import FieldsRow
from tests.factories import a_posting, a_title
from tests.integration.rows import ingest, kill, tag
from tests.integration.system import Home

TABLES = ("posting", "job", "tag", "tag_history", "outbox", "artifact", "champion", "fields")


def fill(connected: Engine) -> None:
    ids = ingest(connected, a_posting("Nurse — 看護師", key="1"), a_title("Koch", key="2"), a_posting("X", key="3"))
    tag(connected, *ids[:2])
    kill(connected, "rejected", ids[2])
    tag(connected, *ingest(connected, a_posting("Head Nurse", key="1")))
    with transaction(connected) as connection:
        artifacts.adopt(connection, {"seniority": "abc"})
        connection.execute(insert(FieldsRow).values(posting_id=1, revision=1, closing=date(2026, 6, 30), evidence="{}"))


def rows(connected: Engine) -> dict[str, list[tuple[str, ...]]]:
    """Return all rows as text, moments to the second."""
    with reading(connected) as connection:
        return {
            table: sorted(
                tuple(str(value)[:19] for value in row)
                for row in connection.execute(text(f"SELECT * FROM {table}"))  # noqa: S608  our own names
            )
            for table in TABLES
        }


def test_a_backup_moves_between_databases_and_work_goes_on_in_the_new_one(
    connected: Engine, empty: Engine, tmp_path: Path
) -> None:
    fill(connected)
    counts = backup.backup(connected, tmp_path / "b")
    assert counts["posting"] == 3
    assert backup.restore(empty, tmp_path / "b") == {name: count for name, count in counts.items() if count}
    if connected.dialect.name == empty.dialect.name:
        assert rows(empty) == rows(connected)
    second = tmp_path / "again"
    backup.backup(empty, second)
    with gzip.open(tmp_path / "b") as one, gzip.open(second) as two:
        assert one.readlines()[1:-1] == two.readlines()[1:-1]  # all but what says where it is from
    (new,) = ingest(empty, a_posting("Cook", key="4"))
    tag(empty, new)


def test_a_backup_is_restored_into_an_empty_database_only(connected: Engine, tmp_path: Path) -> None:
    fill(connected)
    backup.backup(connected, tmp_path / "b")
    with pytest.raises(ConfigError, match="not empty"):
        backup.restore(connected, tmp_path / "b")


@pytest.mark.parametrize("harm", ["cut", "flip", "drop a row", "other file"])
def test_a_damaged_backup_brings_nothing_in(connected: Engine, empty: Engine, tmp_path: Path, harm: str) -> None:
    fill(connected)
    file = tmp_path / "b"
    backup.backup(connected, file)
    packed = bytearray(file.read_bytes())
    if harm == "cut":
        file.write_bytes(packed[: len(packed) // 2])
    elif harm == "flip":
        packed[len(packed) // 2] ^= 1
        file.write_bytes(packed)
    elif harm == "drop a row":
        lines = gzip.decompress(packed).splitlines(keepends=True)
        file.write_bytes(gzip.compress(b"".join(lines[:3] + lines[4:])))
    else:
        file.write_bytes(gzip.compress(b'{"something": "else"}\n'))
    with pytest.raises(ConfigError, match=r"damaged|no backup"):
        backup.restore(empty, file)
    assert migrate.current(empty) is None


def test_a_backup_overwrites_nothing(connected: Engine, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("precious")
    with pytest.raises(ConfigError, match="already"):
        backup.backup(connected, tmp_path / "b")
    assert (tmp_path / "b").read_text() == "precious"
    assert not (tmp_path / "b.part").exists()


def test_the_commands_upgrade_check_save_and_restore(database: str, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", {"METIER_DATABASE_URL": database})
    new = Home(tmp_path / "new")
    assert home.metier("ingest", "-", stdin="title\nNurse\n").returncode == 0
    assert home.answer("db", "check")["sound"] is True
    assert home.answer("db", "backup", str(tmp_path / "b"))["rows"]["posting"] == 1
    assert new.metier("db", "restore", str(tmp_path / "b")).returncode == 0
    assert new.answer("db", "upgrade")["before"] == migrate.newest()
    assert new.answer("status")["totals"]["postings"] == 1


def test_a_damaged_database_is_found(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    rows_ = "\n".join(f'{{"title": "Nurse {number}", "body": "{"x" * 500}"}}' for number in range(200))
    assert home.metier("ingest", "-", stdin=rows_).returncode == 0
    file = home.path / "metier.db"
    with file.open("r+b") as raw:
        raw.seek(file.stat().st_size // 2)
        raw.write(b"\xff" * 9000)
    ran = home.metier("db", "check")
    assert ran.returncode == 1
    assert "restore a backup" in ran.stderr


def test_database_and_backup_are_their_owners_alone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.metier("db", "upgrade").returncode == 0
    assert home.metier("ingest", "-", stdin="id,title\n1,Nurse\n").returncode == 0
    assert home.metier("db", "backup", str(tmp_path / "b")).returncode == 0
    files = [tmp_path / "b", *home.path.glob("metier.db*")]
    assert {file.name: oct(file.stat().st_mode & 0o777) for file in files if file.stat().st_mode & 0o077} == {}


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://me:pass:w0rd@host:port/x", "no database URL: host:port/x; write postgresql://"),
        ("postgresql+psycopg2://me@host/x", "with no other driver"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
    ],
)
def test_a_database_url_that_cannot_be_used_says_how_to_write_it(tmp_path: Path, url: str, says: str) -> None:
    ran = Home(tmp_path / "home", {"METIER_DATABASE_URL": url}).metier("status")
    assert ran.returncode == 1
    assert says in ran.stderr
    assert "w0rd" not in ran.stderr
