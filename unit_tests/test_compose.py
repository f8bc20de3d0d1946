from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return document


@pytest.fixture(scope="module")
def postgres(compose: dict[str, Any]) -> dict[str, Any]:
    service: dict[str, Any] = compose["services"]["postgres"]
    return service


def test_every_image_is_pinned_to_a_pgvector_and_a_postgresql_version(
    compose: dict[str, Any],
) -> None:
    for service in compose["services"].values():
        image, _, tag = service["image"].partition(":")
        assert image == "pgvector/pgvector"
        version = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)-pg\d+-[a-z]+", tag)
        assert version
        # older ones lose rows from their indexes
        assert tuple(map(int, version.groups())) >= (0, 8, 4)


def test_the_data_outlives_the_container(compose: dict[str, Any], postgres: dict[str, Any]) -> None:
    (volume,) = postgres["volumes"]
    name, _, target = volume.partition(":")
    assert name in compose["volumes"]
    assert target == "/var/lib/postgresql"


def test_ports_are_open_to_this_machine_only(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for port in service["ports"]:
            assert port.startswith("127.0.0.1:")


def test_a_health_check_asks_the_server_that_clients_reach(postgres: dict[str, Any]) -> None:
    command, *arguments = postgres["healthcheck"]["test"]
    assert command == "CMD"
    assert arguments[0] == "pg_isready"
    assert "--host=127.0.0.1" in arguments


def test_the_password_comes_from_the_environment_and_the_dsn_told_has_its_default(
    postgres: dict[str, Any],
) -> None:
    setting = re.fullmatch(
        r"\$\{POSTGRES_PASSWORD:-(\w+)\}", postgres["environment"]["POSTGRES_PASSWORD"]
    )
    assert setting
    told = (ROOT / "docker-compose.yml").read_text()
    assert f"postgresql://postgres:{setting[1]}@127.0.0.1:5432/postgres" in told
