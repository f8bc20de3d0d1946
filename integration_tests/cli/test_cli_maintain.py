"""``pgrecall maintain``: what it prints, and its exit codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.shared.faults import execute
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Item, IvfFlat, Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def cli(sync_store: Store, dsn: str, tenant: str) -> Cli:
    """The commands, where an IVFFlat index waits for its first build."""
    made = sync_store.ensure_collection(tenant, Collection("notes", 2, index=IvfFlat()))
    sync_store.upsert(tenant, "notes", [Item(f"{n}", [1.0, n]) for n in range(10)])
    execute(dsn, f"ANALYZE {made.table_name}")
    return Cli(dsn, tenant)


@pytest.fixture
def reader(dsn: str, tenant: str) -> Iterator[str]:
    """A DSN of a role that may only read."""
    role = f"reader_{tenant[-12:]}"
    rights = ("USAGE ON SCHEMA pgrecall", "SELECT ON ALL TABLES IN SCHEMA pgrecall")
    execute(dsn, f"CREATE ROLE {role} LOGIN", *(f"GRANT {right} TO {role}" for right in rights))
    yield make_conninfo(dsn, user=role)
    execute(dsn, f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_what_is_due_is_shown_then_done_then_due_no_more(cli: Cli) -> None:
    due = cli.run("maintain", "--dry-run", code=1).stdout
    assert "due" in due
    assert "its IVFFlat index was never built" in due.replace("\n", " ")
    done = cli.run("maintain").stdout
    assert "build missing indexes in " in done
    assert "1 collection looked at: 1 done, 0 not" in done
    assert cli.run("maintain").stdout == "1 collection looked at: nothing is due\n"


def test_as_json_each_finding_has_its_outcome(cli: Cli) -> None:
    (found,) = cli.json("maintain", "--dry-run", code=1)["findings"]
    assert (found["collection"], found["task"], found["outcome"], found["verb"]) == (
        "notes",
        "build missing indexes",
        "due",
        "reindex()",
    )
    assert cli.json("maintain")["findings"][0]["outcome"] == "done"
    assert cli.json("maintain")["findings"] == []


def test_a_role_without_the_rights_is_told_what_is_left(cli: Cli, reader: str) -> None:
    told = Cli(reader, cli.tenant).run("maintain", code=1).stdout
    assert "refused" in told
    assert "this role does not own the table" in told.replace("\n", " ")


def test_a_time_that_is_none_is_one_line(cli: Cli) -> None:
    assert "seconds must be a number above 0" in cli.told("maintain", "--seconds", "0")


def test_a_time_that_was_too_short_to_look_is_no_success(cli: Cli) -> None:
    told = cli.run("maintain", "--seconds", "1e-9", code=1).stdout
    assert "1 not: the time was over: nothing was found due" in told.replace("\n", " ")


def test_doctor_names_it_as_the_remedy(cli: Cli, tenant: str) -> None:
    found = json.loads(cli.run("doctor", "--json", code=None, tenant=False).stdout)["findings"]
    (mine,) = [one for one in found if one["what"].startswith(f"{tenant}/")]
    assert f"pgrecall maintain --tenant {tenant}" in mine["todo"]
