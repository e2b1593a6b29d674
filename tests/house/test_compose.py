"""What docker-compose.yml and the Dockerfile name exists in the code, and nothing in them is open or secret."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import pytest

from metier.settings import Settings
from tests.house.commands import leaves, refusal
from tests.house.compose import asked_for, environment, instructions, let_through, loaded, services
from tests.house.project import PACKAGES, ROOT

DOCKERFILE = instructions((ROOT / "Dockerfile").read_text(encoding="utf-8"))
IGNORE = (ROOT / ".dockerignore").read_text(encoding="utf-8")
ENVIRONMENT = environment(DOCKERFILE, 0)
OURS = {name: service for name, service in services().items() if "build" in service}
ONE_SHOT = {"migrate"}
ENDS_WITHIN = 10
"""Seconds in which a worker that is told to end does so."""
HOME_OF_DATA = {"postgres": "/var/lib/postgresql", "valkey": "/data"}
SECRET = re.compile(r"PASSWORD|KEY|SECRET|TOKEN|AUTH|_URL")
SWITCHED = re.compile(r":\+([^}]+)\}")
"""Where a variable of the environment switches a folder on: the path behind `:+`."""


def secrets_written_out(service: Mapping[str, Any]) -> list[str]:  # Any: YAML
    """Return the variables that hold a secret in the file itself."""
    held = service.get("environment", {})
    return [name for name, value in held.items() if SECRET.search(name) and value and not asked_for(value)]


def open_ports(service: Mapping[str, Any]) -> list[str]:
    """Return the ports that more than this host can reach."""
    return [port for port in service.get("ports", ()) if not str(port).startswith("127.0.0.1:")]


def missing_care(service: Mapping[str, Any]) -> list[str]:
    """Return which of health check, restart policy and limits a lasting service lacks."""
    limits = service.get("deploy", {}).get("resources", {}).get("limits", {})
    present = {
        "healthcheck": bool(service.get("healthcheck", {}).get("test")),
        "restart": service.get("restart") in {"always", "unless-stopped"},
        "limits": {"cpus", "memory"} <= set(limits),
    }
    return [name for name, there in present.items() if not there]


def told_to_all(service: Mapping[str, Any]) -> set[str]:
    """Return the secrets among the arguments of a service, which every user of the host can read."""
    return {name for name in asked_for(service.get("command", ())) if SECRET.search(name)}


def unknown_settings(names: Mapping[str, str]) -> list[str]:
    """Return the METIER_ variables that are no settings."""
    fields = {f"METIER_{field.upper()}" for field in Settings.model_fields}
    return [name for name in names if name.startswith("METIER_") and name not in fields]


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_a_service_exists_in_the_code(name: str) -> None:
    assert refusal(OURS[name]["command"], leaves()) is None


@pytest.mark.parametrize("name", sorted(set(OURS) - ONE_SHOT))
def test_every_health_check_exists_in_the_code(name: str) -> None:
    _, program, *words = OURS[name]["healthcheck"]["test"]
    assert program == "metier"
    assert refusal(words, leaves()) is None
    assert words == ["health", OURS[name]["command"][0]]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_rights_and_time_to_end(name: str) -> None:
    service = OURS[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["init"] is True, "signals reach the process, and its orphans are buried"
    assert int(service["stop_grace_period"].removesuffix("s")) > ENDS_WITHIN


@pytest.mark.parametrize("name", services())
def test_every_service_is_cared_for_and_closed(name: str) -> None:
    service = services()[name]
    assert missing_care(service) == ([] if name not in ONE_SHOT else ["healthcheck", "restart"])
    assert secrets_written_out(service) == []
    assert open_ports(service) == []
    assert told_to_all(service) == set()
    assert set(service["logging"]["options"]) == {"max-size", "max-file"}, "a log must not fill the disk"


def test_there_is_a_worker_for_every_queue() -> None:
    from worker.app import QUEUES

    asked = [service["command"][2] for service in OURS.values() if service["command"][:2] == ["worker", "--queue"]]
    assert sorted(asked) == sorted(QUEUES)


def test_every_variable_exists_in_the_code_or_in_the_example() -> None:
    named = {name: value for service in services().values() for name, value in service.get("environment", {}).items()}
    assert unknown_settings(named) == []
    assert unknown_settings(ENVIRONMENT) == []
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [name for name in asked_for(loaded()) if f"\n#{name}=" not in example] == []


def test_settings_in_the_image_can_be_read_as_settings() -> None:
    values = {name.removeprefix("METIER_").lower(): value for name, value in ENVIRONMENT.items() if "METIER_" in name}
    read = Settings(_env_file=None, **values)  # type: ignore[arg-type]  # text, as the environment gives it
    assert str(read.artifact_folder) == f"{read.home}/artifacts"


def test_every_volume_is_declared_and_mounted_where_the_code_looks() -> None:
    home = ENVIRONMENT["METIER_HOME"]
    read = Settings(_env_file=None, home=home)
    places = {str(read.artifact_folder), str(read.cache_folder), ENVIRONMENT["METIER_INBOX"], f"{home}/own"}
    places |= {f"{home}/{name}" for name in ("cvs", "linkedin")}
    switched = [value for service in services().values() for value in service.get("environment", {}).values()]
    assert all(path.startswith(tuple(places)) for value in switched for path in SWITCHED.findall(str(value)))
    prepared = next(step.rest for step in DOCKERFILE if step.word == "RUN" and "useradd" in step.rest)
    for name, service in services().items():
        for volume, target in (mount.split(":")[:2] for mount in service.get("volumes", ())):
            assert volume.startswith("./") or volume in loaded()["volumes"]
            if name in OURS:
                assert target in places
                assert target in prepared, "a named volume takes its owner from the image"
            else:
                assert target == HOME_OF_DATA[name]


def test_services_wait_for_services_that_exist() -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in services().items()}
    assert {name: gone for name, asked in waits.items() if (gone := asked - set(services()))} == {}
    assert all("migrate" in waits[name] for name in set(OURS) - ONE_SHOT)
    asked = [pair for service in services().values() for pair in service.get("depends_on", {}).items()]
    done = {"migrate": "service_completed_successfully"}
    assert all(how["condition"] == done.get(name, "service_healthy") for name, how in asked)


def test_the_broker_keeps_what_it_is_given_and_refuses_rather_than_forgets() -> None:
    words = " ".join(services()["valkey"]["command"])
    assert "--appendonly yes" in words
    assert "--maxmemory-policy noeviction" in words


def test_the_database_counts_as_there_only_when_others_reach_it() -> None:
    assert "--host=127.0.0.1" in services()["postgres"]["healthcheck"]["test"]


def test_the_broker_reads_its_password_from_a_file_that_exists() -> None:
    (config,) = services()["valkey"]["configs"]
    assert services()["valkey"]["command"][1] == config["target"]
    password = services()["valkey"]["environment"]["REDISCLI_AUTH"]
    assert loaded()["configs"][config["source"]]["content"] == f"requirepass {password}\n"


@pytest.mark.parametrize("name", OURS)
def test_settings_of_env_reach_every_container_and_move_nothing_out_of_its_place(name: str) -> None:
    service = OURS[name]
    assert service["env_file"] == [{"path": ".env", "required": False}]
    pinned = ("METIER_HOME", "METIER_ARTIFACTS", "METIER_INBOX")
    assert [service["environment"][variable] for variable in pinned] == [ENVIRONMENT[variable] for variable in pinned]
    assert {"METIER_DATABASE_URL", "METIER_BROKER_URL"} <= set(service["environment"])


def test_the_port_that_is_published_is_the_one_that_is_listened_to() -> None:
    held = OURS["scheduler"]["environment"]
    assert held["METIER_METRICS_HOST"] == "0.0.0.0"  # noqa: S104  a container's own
    port = held["METIER_METRICS_PORT"]
    assert OURS["scheduler"]["ports"] == [f"127.0.0.1:{port}:{port}"]


def test_long_work_is_done_one_at_a_time() -> None:
    for name in ("worker-label", "worker-train"):
        assert OURS[name]["command"][-2:] == ["--concurrency", "1"]
    assert OURS["worker-tag"]["deploy"]["resources"]["limits"]["cpus"] == "${METIER_WORKERS:-2}"


def test_addresses_name_services_and_their_ports() -> None:
    held = OURS["scheduler"]["environment"]
    assert "@postgres:5432/" in held["METIER_DATABASE_URL"]
    assert "@valkey:6379/" in held["METIER_BROKER_URL"]


def test_the_image_is_built_from_files_that_exist_and_are_sent() -> None:
    project = {"pyproject.toml", "constraints.txt", *PACKAGES}
    assert [name for name in project if not ((ROOT / name).exists() and let_through(name, IGNORE))] == []
    assert not any(let_through(name, IGNORE) for name in (".env", ".git", ".venv", ".metier", "tests"))
    stages = {step.rest.split(" AS ")[1] for step in DOCKERFILE if step.word == "FROM" and " AS " in step.rest}
    copied = [found.group(1) for step in DOCKERFILE if (found := re.search(r"--from=(\w+)", step.rest))]
    targets = [service["build"]["target"] for service in OURS.values() if isinstance(service["build"], dict)]
    assert {*copied, *targets} <= stages


def test_everything_installed_has_a_known_version() -> None:
    installs = [
        part for step in DOCKERFILE if step.word == "RUN" for part in step.rest.split("&&") if "pip ins" in part
    ]
    assert len(installs) > 3
    assert [part for part in installs if "-c constraints.txt" not in part and not re.search(r"\w==\d", part)] == []


@pytest.mark.parametrize("back", [0, 1])
def test_an_image_runs_checks_its_health_and_the_serving_one_carries_no_torch(back: int) -> None:
    stage = DOCKERFILE[-1].stage - back
    final = {step.word: step.rest for step in DOCKERFILE if step.stage == stage}
    copied = [step.rest for step in DOCKERFILE if step.stage == stage and step.word == "COPY"]
    assert copied[0].startswith("--from=serving /opt/metier" if not back else "--from=torch /opt/metier")
    assert copied[1].startswith("--from=artifacts --chown=metier:metier "), "a named volume takes its owner from here"
    assert final["USER"] == "metier"
    assert final["WORKDIR"] == ENVIRONMENT["METIER_HOME"]
    assert json.loads(final["ENTRYPOINT"]) == ["metier"]
    check = json.loads(final["HEALTHCHECK"].split("CMD ")[1])
    assert refusal(check[1:], leaves()) is None
    assert check[1] == "health", "what is asked every half minute reads no table"
    serving = [step.rest for step in DOCKERFILE if step.word == "RUN" and step.stage == 1]
    assert not any(word in run for run in serving for word in ("torch", "[train]", "[build]"))


def test_a_change_of_the_code_installs_no_dependency_again() -> None:
    steps = [step for step in DOCKERFILE if step.stage == 1]
    code = next(number for number, step in enumerate(steps) if (step.word, step.rest) == ("COPY", ". ."))
    (install,) = (step.rest for step in steps[:code] if step.word == "RUN")
    script = shlex.split(install.split("&&")[1].split(">")[0])
    ran = subprocess.run([sys.executable, *script[1:]], cwd=ROOT, capture_output=True, text=True, check=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert ran.stdout.split() == "\n".join(project["dependencies"]).split()


def test_the_image_builds_its_artifacts_with_a_command_that_exists() -> None:
    calls = [part for step in DOCKERFILE if step.word == "RUN" for part in step.rest.split("&&") if " metier " in part]
    ours = [shlex.split(call) for call in calls if call.strip().startswith("metier ")]
    assert ours
    assert [fault for words in ours if (fault := refusal(words[1:], leaves()))] == []


def test_these_rules_can_say_no() -> None:
    assert secrets_written_out({"environment": {"POSTGRES_PASSWORD": "abc", "X_KEY": "${X_KEY}"}}) == [
        "POSTGRES_PASSWORD"
    ]
    assert told_to_all({"command": ["--requirepass", "${X_PASSWORD}", "${X_LEVEL}"]}) == {"X_PASSWORD"}
    assert open_ports({"ports": ["5432:5432", "127.0.0.1:1:1"]}) == ["5432:5432"]
    assert missing_care({"restart": "no"}) == ["healthcheck", "restart", "limits"]
    assert unknown_settings({"METIER_HOME": "", "METIER_HOUSE": ""}) == ["METIER_HOUSE"]
    assert not let_through("tests", "*\n!metier")
    assert let_through("metier", "*\n!metier")
    steps = instructions("FROM a AS b\n# no\nENV A=1 \\\n    B=2\nFROM b\nUSER x")
    assert environment(steps, 0) == {"A": "1", "B": "2"}
    assert steps[-1].stage == 1
