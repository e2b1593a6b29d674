"""`metier tag` as a person calls it, with the artifacts of an installation: never a traceback, always a remedy."""

import gzip
import json
import os
import pty
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import pytest

from pipelines import taxonomy
from storage import artifacts as stored
from storage import engine
from tests import installed
from tests.house.project import ROOT

METIER = [sys.executable, "-m", "console.cli.main"]
TITLES = "id,title,language\n1,Senior Software Engineer,en\n2,Leiterin Einkauf (m/w/d),de\n3,,en\n4,Infirmier,fr\n"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Path:
    """Return the folder of a whole installation's artifacts."""
    return installed.artifacts(pytestconfig)


@pytest.fixture
def environment(artifacts: Path, tmp_path: Path) -> dict[str, str]:
    """Return the environment of an installation without a database."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("METIER_")}
    return {**ours, "METIER_HOME": str(tmp_path / "home"), "METIER_ARTIFACTS": str(artifacts), "PYTHONPATH": str(ROOT)}


@pytest.fixture
def metier(environment: dict[str, str], tmp_path: Path) -> Run:
    """Return what runs the command in an empty folder."""

    def run(*words: str, stdin: str | bytes = b"", **settings: str) -> subprocess.CompletedProcess[str]:
        ran = subprocess.run(
            [*METIER, *words], cwd=tmp_path, input=stdin.encode() if isinstance(stdin, str) else stdin,
            env={**environment, **settings}, capture_output=True, check=False, timeout=120,
        )  # fmt: skip
        said = ran.stderr.decode()
        assert "Traceback" not in said, said
        return subprocess.CompletedProcess(ran.args, ran.returncode, ran.stdout.decode(), said)

    return run


def test_a_file_of_titles_comes_back_tagged_in_every_taxonomy(metier: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(TITLES)
    ran = metier("tag", "in.csv", "--top", "2")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0
    assert [line["id"] for line in lines] == ["1", "2", "3", "4"]
    assert set(lines[0]["tags"]) == set(taxonomy.names())
    assert lines[2] == {"id": "3", "error": "line 4: no title; fill the cell or remove the row"}
    for name, tags in lines[0]["tags"].items():
        known = {label.code: label.name for label in taxonomy.load(name).labels}
        assert [tag["name"] for tag in tags] == [known[tag["code"]] for tag in tags]
        assert [tag["score"] for tag in tags] == sorted((tag["score"] for tag in tags), reverse=True)
        assert len(tags) == 2
    assert "artifacts, bundled: " in ran.stderr
    assert "3 of 4 rows tagged, 1 could not be tagged" in ran.stderr


def test_a_terminal_shows_results_or_a_bar_but_not_one_within_the_other(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("title\nNurse\n")
    words = [*METIER, "tag", "in.csv", "--taxonomy", "seniority"]
    for further, bar in (([], False), (["--output", "out.csv"], True)):
        ours, theirs = pty.openpty()
        with subprocess.Popen([*words, *further], cwd=tmp_path, env=environment, stdout=theirs, stderr=theirs) as run:
            os.close(theirs)
            shown = b""
            with suppress(OSError):  # how a terminal says that nobody writes to it any more
                while piece := os.read(ours, 65536):
                    shown += piece
        os.close(ours)
        assert run.returncode == 0
        assert (b"\x1b[" in shown) is bar, shown


def test_standard_input_may_be_packed_and_one_taxonomy_be_asked_for(metier: Run) -> None:
    ran = metier("tag", "-", "--taxonomy", "seniority", "--json", stdin=gzip.compress(TITLES.encode()))
    assert [list(json.loads(line).get("tags", {"none": 0})) for line in ran.stdout.splitlines()] == [
        ["seniority"], ["seniority"], ["none"], ["seniority"],
    ]  # fmt: skip
    summary = json.loads(ran.stderr.splitlines()[-1])
    assert (summary["rows"], summary["tagged"], summary["failed"]) == (4, 3, 1)


def test_a_killed_run_taken_up_again_gives_the_same_bytes(
    metier: Run, environment: dict[str, str], tmp_path: Path
) -> None:
    words = ("Senior", "Nurse", "Leiter", "Einkauf", "Driver", "Deputy", "Sales", "Engineer", "Koch")
    rows = (f"{n},{words[n % 9]} {words[n // 9 % 9]} {words[n // 81 % 9]} {n // 729}" for n in range(9_000))
    (tmp_path / "in.csv").write_text("\n".join(["id,title", *rows]) + "\n")
    order = ("tag", "in.csv", "--taxonomy", "seniority", "--taxonomy", "career", "--output")
    with subprocess.Popen([*METIER, *order, "out.jsonl"], cwd=tmp_path, env=environment, stderr=subprocess.PIPE) as run:
        progress, end = tmp_path / "out.jsonl.progress", monotonic() + 100
        while not progress.exists() or json.loads(progress.read_text())["rows"] == 0:
            assert run.poll() is None, "it ended before it could be killed"
            assert monotonic() < end, "nothing happened"
            sleep(0.02)
        run.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out.jsonl").exists()
    ran = metier(*order, "out.jsonl", "--resume")
    assert "going on after row" in ran.stderr
    assert metier(*order, "whole.jsonl").returncode == 0
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_the_champions_of_the_database_come_before_the_bundled(
    metier: Run, artifacts: Path, sqlite_database: str, tmp_path: Path
) -> None:
    from pipelines import artifact

    (tmp_path / "in.csv").write_text(TITLES)
    connected = engine.create(sqlite_database)
    with engine.transaction(connected) as connection:
        stored.adopt(connection, artifact.bundled(artifacts))
    connected.dispose()
    ran = metier("tag", "in.csv", METIER_DATABASE_URL=sqlite_database)
    assert ran.returncode == 0
    assert "artifacts, champions of the database: " in ran.stderr
    away = metier("tag", "in.csv", METIER_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert away.returncode == 0
    assert "the database was not asked for its champions" in away.stderr
    assert "artifacts, bundled: " in away.stderr


def test_artifacts_can_be_named(metier: Run, artifacts: Path, tmp_path: Path) -> None:
    from pipelines import artifact

    (tmp_path / "in.csv").write_text(TITLES)
    digest = artifact.bundled(artifacts)["seniority"]
    for named in (str(artifacts), str(artifacts / "seniority" / digest), f"seniority@{digest[:8]}"):
        ran = metier("tag", "in.csv", "--artifact", named, "--taxonomy", "seniority")
        assert ran.returncode == 0, ran.stderr
        assert f"artifacts, as named: seniority@{digest[:12]}" in ran.stderr
    assert "0 artifacts of that name" in metier("tag", "in.csv", "--artifact", "seniority@no").stderr


def test_a_damaged_artifact_is_said(metier: Run, artifacts: Path, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text(TITLES)
    shutil.copytree(artifacts, tmp_path / "copy")
    for path in (tmp_path / "copy" / "seniority").rglob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:-1])
    ran = metier("tag", "in.csv", "--taxonomy", "seniority", "--artifact", "copy")
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "seniority" in ran.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["absent.csv"], 2, "absent.csv: no such file"),
        (["."], 2, "is a folder"),
        (["in.csv", "--taxonomy", "shoes"], 2, "choose from"),
        (["in.csv", "--column", "title=Titel"], 2, "columns are: 'id', 'title', 'language'"),
        (["in.csv", "--column", "title"], 2, "write FIELD=HEADER"),
        (["in.csv", "--output", "out.doc"], 2, "use one of .jsonl, .csv, .xlsx, .parquet"),
        (["in.csv", "--output", "."], 2, "is a folder; name a file in it"),
        (["in.csv", "--output", "absent/out.csv"], 2, "there is no folder"),
        (["in.csv", "--output", "in.csv"], 2, "is the input as well"),
        (["in.csv", "--resume"], 2, "--resume needs --output"),
        (["in.csv", "--artifact", "absent"], 2, "no such folder"),
        (["in.csv", "--encoding", "utf-9"], 2, "no such encoding"),
        (["in.csv", "--delimiter", "xx"], 2, "give one character"),
        (["in.csv", "--top", "0"], 2, "--top"),
        (["in.csv", "--shoes"], 2, "No such option"),
        ([], 2, "Missing argument"),
        (["empty.csv"], 1, "is empty"),
        (["untitled.csv"], 2, "--column title="),
        (["broken.xlsx"], 1, "save it as CSV"),
        (["bad.csv"], 1, "0 of 2 rows tagged"),
        (["header.csv"], 0, "0 of 0 rows tagged"),
        (["cut.csv.gz"], 1, "ends early"),
    ],
)
def test_whatever_is_wrong_is_said_with_its_remedy(
    metier: Run, tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    (tmp_path / "in.csv").write_text(TITLES)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "untitled.csv").write_text("Beruf\nKoch\n")
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "bad.csv").write_text("title\n\x00\n" + "x" * 100_000 + "\n")
    (tmp_path / "header.csv").write_text("title\n")
    noise = "\n".join(f"Nurse {n * 7919 % 1009}" for n in range(2000))
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(f"title\n{noise}".encode())[:-500])
    ran = metier("tag", *words, "--taxonomy", "seniority") if "--taxonomy" not in words else metier("tag", *words)
    assert ran.returncode == code, ran.stderr
    assert said in ran.stderr


def test_a_setting_that_makes_no_sense_is_named(metier: Run) -> None:
    ran = metier("tag", "in.csv", METIER_THREADS="many")
    assert ran.returncode == 2
    assert "METIER_THREADS: Input should be a valid integer" in ran.stderr


def test_a_reader_that_has_seen_enough_ends_the_command_in_silence(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("title\n" + "Nurse\n" * 10_000)
    words = [*METIER, "tag", "in.csv", "--taxonomy", "seniority"]
    with subprocess.Popen(words, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.stdout.close()
        assert run.stderr is not None
        said = run.stderr.read().decode()
    assert run.returncode == 0
    assert "Traceback" not in said
    assert "Exception" not in said
