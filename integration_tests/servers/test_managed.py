"""What managed servers have: TLS with a CA of their own, a pooler, pgvector in a schema apart."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.databases import create_database
from integration_tests.shared.faults import closing, execute, use_every_verb
from integration_tests.shared.pooler import needs_pgbouncer, pgbouncer
from psycopg.conninfo import make_conninfo

from pgrecall import ConnectionFailedError, Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OPENSSL = shutil.which("openssl")
HOST = "db.example.test"
PASSWORD = uuid.uuid4().hex

pytestmark = [
    needs_pgbouncer,
    pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed: it makes certificates"),
]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA of a provider's own, and what its server shows; another CA, which signed nothing."""
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("provider", "other"):
        make_certificate(folder, name, f"/CN={name}")
    signed = ["-CA", "provider.pem", "-CAkey", "provider.key"]
    make_certificate(
        folder, "server", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", *signed
    )
    return folder


def make_certificate(folder: Path, name: str, subject: str, *options: str) -> None:
    made = ["-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", subject]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command = [str(OPENSSL), "req", "-x509", "-days", "2", *key, *made, *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def provider(server_dsn: str, certificates: Path) -> Iterator[str]:
    """A database as a provider gives it, by a pooler that speaks TLS alone."""
    name = f"managed_{uuid.uuid4().hex[:12]}"
    execute(server_dsn, f"CREATE ROLE {name} LOGIN")
    database = create_database(server_dsn, name, f"OWNER {name}")
    execute(database, "CREATE SCHEMA extensions", "CREATE EXTENSION vector SCHEMA extensions")
    execute(database, f"GRANT USAGE ON SCHEMA extensions TO {name}")
    files = {each: (certificates / each).read_bytes() for each in ("server.pem", "server.key")}
    files["users.txt"] = f'"{name}" "{PASSWORD}"\n'.encode()
    with pgbouncer(
        database,
        files,
        auth_type="scram-sha-256",
        auth_file="users.txt",
        client_tls_sslmode="require",
        client_tls_cert_file="server.pem",
        client_tls_key_file="server.key",
    ) as address:
        yield make_conninfo(
            "",
            hostaddr=address["host"],
            port=address["port"],
            host=HOST,
            dbname=name,
            user=name,
            password=PASSWORD,
            sslmode="verify-full",
            sslrootcert=str(certificates / "provider.pem"),
        )
    execute(server_dsn, f"DROP DATABASE {name} (FORCE)", f"DROP ROLE {name}")


@pytest.mark.parametrize("open_store", ["sync"], indirect=True)
async def test_every_verb_works_over_verified_tls_with_a_pooler_and_pgvector_in_a_schema_apart(
    open_store: Callable[..., Any], provider: str
) -> None:
    asked: list[str] = []

    def fresh_dsn() -> str:
        asked.append(provider)
        return provider

    async with closing(open_store(fresh_dsn)) as store:
        await use_every_verb(store, "tenant")
    assert asked


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"host": "elsewhere.example.test"}, "certificate of another host"),
        ({"sslrootcert": "other.pem"}, "certificate that is not trusted"),
        ({"sslrootcert": "nowhere.pem"}, "sslrootcert in the DSN has to name"),
        ({"sslmode": "disable"}, "SSL required"),
        ({"password": "wrong"}, "refused the credentials"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_a_server_that_is_not_the_right_one_or_not_encrypted_is_refused_and_told(
    provider: str, certificates: Path, changed: dict[str, str], told: str
) -> None:
    if "sslrootcert" in changed:
        changed = {"sslrootcert": str(certificates / changed["sslrootcert"])}
    with (
        Store(make_conninfo(provider, **changed)) as store,
        pytest.raises(ConnectionFailedError, match=told) as caught,
    ):
        store.list_collections("tenant")
    assert PASSWORD not in str(caught.value)


def test_the_machines_own_certificates_are_trusted_where_a_variable_names_them(
    provider: str, certificates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = make_conninfo(provider, sslrootcert="system")
    with Store(dsn) as store, pytest.raises(ConnectionFailedError, match="SSL_CERT_FILE"):
        store.list_collections("tenant")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "provider.pem"))
    with Store(dsn) as store:
        assert store.list_collections("tenant") == []
