"""`metier doctor` and `metier artifacts` say what is wrong and what to do, and fail only where work cannot go on."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from console import doctor
from metier.settings import Settings
from scheduler import port
from storage import heartbeats, sources
from storage.engine import create, transaction
from storage.heartbeats import Process
from tests import installed
from tests.integration.system import Home
from tests.servers import Valkey, free_port


@pytest.fixture(scope="session")
def artifacts(pytestconfig: pytest.Config) -> Path:
    return installed.artifacts(pytestconfig)


def found(home: Path, **settings: Any) -> dict[str, doctor.Finding]:  # Any: settings of all types
    given = {"home": home, "artifacts": home / "artifacts", "metrics_port": 0, **settings}
    return {finding.about: finding for finding in doctor.examine(Settings(_env_file=None, **given))}


def test_a_fresh_installation_has_nothing_that_fails(tmp_path: Path) -> None:
    seen = found(tmp_path / "home")
    assert {finding.level for finding in seen.values()} == {"ok", "warn"}
    assert seen["artifacts"].do.startswith("run `metier artifacts build`")
    assert not (tmp_path / "home").exists()


def test_a_broker_that_forgets_is_warned_of_and_one_that_is_away_fails(tmp_path: Path) -> None:
    with Valkey("--maxmemory-policy", "allkeys-lru") as server:
        seen = found(tmp_path, broker_url=server.url)
        assert seen["broker"].level == "ok"
        assert seen["broker appendonly"].level == "ok"
        assert seen["broker maxmemory-policy"].level == "warn"
        assert "noeviction" in seen["broker maxmemory-policy"].do
    assert found(tmp_path, broker_url=server.url)["broker"].level == "fail"


def test_a_database_without_tables_fails_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "metier.db").touch()
    seen = found(tmp_path)
    assert seen["database"].level == "fail"
    assert "metier db upgrade" in seen["database"].says


def test_a_port_that_another_program_holds_is_warned_of(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert found(tmp_path, metrics_port=port)[f"port {port}"].level == "warn"


def test_a_port_is_ours_only_where_our_own_database_knows_who_answers(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.metier("db", "upgrade").returncode == 0
    server = port.serve(("127.0.0.1", free_port()), metrics=bytes, health=lambda: {"ok": True, "name": "here:1:aa"})
    assert server is not None
    about = f"port {server.server_port}"
    assert "another database" in found(home.path, metrics_port=server.server_port)[about].says
    engine = create(f"sqlite:///{home.path / 'metier.db'}")
    with transaction(engine) as connection:
        process = Process("here:1:aa", "scheduler", "here", 1)
        heartbeats.beat(connection, process, counters={}, artifacts={}, progressed=0)
    engine.dispose()
    assert found(home.path, metrics_port=server.server_port)[about].says == "/metrics answers"
    away = found(home.path, metrics_port=server.server_port, database_url="postgresql://nobody@127.0.0.1:1/none")
    assert away["database"].level == "fail"
    assert away[about].level == "ok", "whose it is cannot be told, so no harm is spoken of it"
    server.shutdown()
    server.server_close()


def test_a_source_that_fails_is_named_with_what_it_says(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.metier("db", "upgrade").returncode == 0
    engine = create(f"sqlite:///{home.path / 'metier.db'}")
    with transaction(engine) as connection:
        for name in ("good", "down"):
            sources.begin(connection, name)
        sources.succeed(connection, "good")
        sources.fail(connection, "down", "no folder /inbox")
    engine.dispose()
    seen = found(home.path)
    assert seen["source down"].says == "no folder /inbox"
    assert "metier sources check down" in seen["source down"].do
    assert "source good" not in seen


def test_a_process_that_hangs_is_told_from_one_that_is_gone(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert home.metier("db", "upgrade").returncode == 0
    hanging = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "-m scheduler"])
    engine = create(f"sqlite:///{home.path / 'metier.db'}")
    with transaction(engine) as connection:
        for name, pid in (("hangs", hanging.pid), ("reused", os.getpid()), ("gone", 2**22 + 1)):
            process = Process(name, f"role {name}", socket.gethostname(), pid)
            heartbeats.beat(connection, process, counters={}, artifacts={}, progressed=0)
        connection.execute(text("UPDATE heartbeat SET seen_at = datetime('now', '-90 seconds')"))
    engine.dispose()
    seen = found(home.path)
    hanging.kill()
    hanging.wait()
    assert f"kill it (process {hanging.pid})" in seen["role hangs"].do
    assert "did not say goodbye" in seen["role reused"].says
    assert "did not say goodbye" in seen["role gone"].says


def test_damaged_artifacts_are_found_by_doctor_and_verify(artifacts: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(artifacts, tmp_path / "artifacts")
    home = Home(tmp_path / "home", {"METIER_ARTIFACTS": str(copy)})
    assert {row["problem"] for row in home.answer("artifacts", "verify")} == {""}
    assert home.answer("artifacts", "show", "seniority")["name"] == "seniority"
    digest = next(
        row["digest"] for row in home.answer("artifacts", "list") if row["name"] == "career" and row["bundled"]
    )
    file = next(path for path in (copy / "career" / digest).rglob("*") if path.is_file() and path.suffix != ".json")
    harmed = bytearray(file.read_bytes())
    harmed[len(harmed) // 2] ^= 1
    file.write_bytes(harmed)
    ran = home.metier("artifacts", "verify")
    assert ran.returncode == 1
    assert "does not match its manifest" in ran.stdout
    ran = home.metier("doctor")
    assert ran.returncode == 1
    assert any(line.startswith("fail  artifact career") for line in ran.stdout.splitlines())


def test_an_artifact_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    ran = Home(tmp_path / "home").metier("artifacts", "show", "star-sign")
    assert ran.returncode == 2
    assert "metier artifacts list" in ran.stderr


@pytest.mark.parametrize("harm", ["replaced", "cut"])
def test_a_damaged_database_is_named_by_every_command_and_doctor_goes_on(
    artifacts: Path, tmp_path: Path, harm: str
) -> None:
    home = Home(tmp_path / "home", {"METIER_ARTIFACTS": str(artifacts)})
    assert home.metier("db", "upgrade").returncode == 0
    file = home.path / "metier.db"
    file.write_bytes(b"no database " * 5000 if harm == "replaced" else file.read_bytes()[:100_000])
    for words in (("status",), ("db", "check"), ("db", "upgrade"), ("health", "worker"), ("up",)):
        ran = home.metier(*words)
        assert ran.returncode == 1
        assert "the database is damaged" in ran.stderr
        assert "restore a backup" in ran.stderr
    ran = home.metier("doctor", "--json")
    assert ran.returncode == 1
    rows = json.loads(ran.stdout)
    assert [row["about"] for row in rows if row["level"] == "fail"] == ["database"]
    assert {"broker", "artifact seniority"} <= {row["about"] for row in rows if row["level"] == "ok"}
