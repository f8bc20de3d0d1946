"""docker-compose.yml, which no engine runs here: by its schema, and by what it has to say."""

from __future__ import annotations

import json
import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DATABASES = [name for name in SERVICES if name != "citus-setup"]
# older ones lose rows from their indexes
OLDEST_PGVECTOR = (0, 8, 4)


def test_it_is_what_the_compose_specification_allows() -> None:
    schema = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"

    jsonschema.validate(COMPOSE, json.loads(schema.read_text()))


def images() -> list[str]:
    """The images that come from elsewhere, those that a build stands on included."""
    named: list[str] = []
    for service in SERVICES.values():
        dockerfile = service.get("build", {}).get("dockerfile_inline")
        found = re.findall(r"^FROM (\S+)", dockerfile or "", re.MULTILINE)
        named += found or [service["image"]]
    return named


@pytest.mark.parametrize("image", sorted(set(images())))
def test_every_image_is_pinned_to_its_versions(image: str) -> None:
    name, _, tag = image.partition(":")
    if name == "citusdata/citus":
        assert re.fullmatch(r"\d+\.\d+\.\d+", tag)
        return
    assert name == "pgvector/pgvector"
    version = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)-pg\d+-[a-z]+", tag)
    assert version
    assert tuple(map(int, version.groups())) >= OLDEST_PGVECTOR


def test_one_pgvector_of_one_postgresql_is_everywhere() -> None:
    (pgvector,) = {image for image in images() if image.startswith("pgvector/")}
    version, major, _ = pgvector.partition(":")[2].split("-")
    built = SERVICES["citus-coordinator"]
    assert built["image"].endswith(f"-pgvector-{version}")
    assert f"/usr/lib/postgresql/{major[2:]}/lib/vector.so" in built["build"]["dockerfile_inline"]


@pytest.mark.parametrize("name", DATABASES)
def test_the_data_outlives_the_container(name: str) -> None:
    (volume,) = SERVICES[name]["volumes"]
    source, _, target = volume.partition(":")
    assert source in COMPOSE["volumes"]
    assert target == "/var/lib/postgresql"


def test_no_two_servers_share_a_volume_or_a_port() -> None:
    volumes = [volume for name in DATABASES for volume in SERVICES[name]["volumes"]]
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]

    assert len(set(volumes)) == len(volumes) == len(COMPOSE["volumes"])
    assert len(set(ports)) == len(ports) == 3


def test_ports_are_open_to_this_machine_only() -> None:
    for service in SERVICES.values():
        for port in service.get("ports", []):
            assert port.startswith("127.0.0.1:")


@pytest.mark.parametrize("name", DATABASES)
def test_a_health_check_asks_the_server_that_clients_reach(name: str) -> None:
    command, *arguments = SERVICES[name]["healthcheck"]["test"]
    assert command == "CMD"
    assert arguments[0] == "pg_isready"
    assert "--host=127.0.0.1" in arguments


def test_the_password_comes_from_the_environment_everywhere() -> None:
    words = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if name.endswith("PASSWORD")
    ]

    assert len(words) >= len(DATABASES)
    assert set(words) == {"${POSTGRES_PASSWORD:-pgrecall}"}


def test_every_dsn_told_has_the_default_password_and_a_default_port() -> None:
    told = re.findall(r"postgresql://postgres:(\w+)@127\.0\.0\.1:(\d+)/postgres", TEXT)
    ports = re.findall(r"_PORT:-(\d+)\}", TEXT)

    assert [password for password, _ in told] == ["pgrecall"] * 3
    assert [port for _, port in told] == ports


def test_without_a_profile_one_server_starts() -> None:
    assert [name for name, service in SERVICES.items() if "profiles" not in service] == ["postgres"]
    assert {one for service in SERVICES.values() for one in service.get("profiles", [])} == {
        "replica",
        "citus",
    }


def test_who_waits_waits_for_a_healthy_service_of_the_same_profile_or_none() -> None:
    waiting = [(name, service) for name, service in SERVICES.items() if "depends_on" in service]
    assert {name for name, _ in waiting} == {"replica", "citus-setup"}
    for _, service in waiting:
        for target, how in service["depends_on"].items():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[target]
            assert set(SERVICES[target].get("profiles", [])) <= set(service["profiles"])


def test_the_cluster_is_joined_from_all_of_its_servers() -> None:
    setup = SERVICES["citus-setup"]
    named = set(re.findall(r"'(citus-[\w-]+)'", " ".join(setup["command"])))

    assert named == set(setup["depends_on"]) == {name for name in DATABASES if "citus" in name}


def test_the_replica_is_of_the_primarys_image_and_may_connect_to_it() -> None:
    assert SERVICES["replica"]["image"] == SERVICES["postgres"]["image"]
    (config,) = SERVICES["postgres"]["configs"]
    assert config["target"].startswith("/docker-entrypoint-initdb.d/")
    assert config["target"].endswith(".sh")
    assert "host replication all" in COMPOSE["configs"][config["source"]]["content"]


def test_every_dollar_is_a_variable_with_a_default_or_escaped() -> None:
    # Compose replaces what the scripts do not escape, by nothing as a rule
    rest = re.sub(r"\$\$|\$\{[A-Z_]+:-\w+\}", "", TEXT)

    assert "$" not in rest


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(SERVICES["replica"]["command"][0], id="replica"),
        pytest.param(COMPOSE["configs"]["allow-replication"]["content"], id="allow-replication"),
    ],
)
def test_the_shell_reads_every_script(script: str) -> None:
    done = subprocess.run(  # noqa: S603  # the project's own script, which is only read
        ["bash", "-n", "-c", script.replace("$$", "$")],  # noqa: S607  # the system's shell
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
