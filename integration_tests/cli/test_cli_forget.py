"""``pgrecall forget``: it counts, asks, and removes what is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from integration_tests.cli.cli_runs import Cli
from integration_tests.core.forget.filled import ALL, fill, left

if TYPE_CHECKING:
    from pgrecall import Store


@pytest.fixture
def cli(sync_store: Store, dsn: str, tenant: str) -> Cli:
    fill(sync_store, dsn, tenant)
    return Cli(dsn, tenant)


def test_it_says_what_would_go_and_removes_nothing_unasked(cli: Cli) -> None:
    before = left(cli.dsn, cli.tenant)
    counted = {"tenant": cli.tenant, **ALL, "tables_kept": []}

    assert cli.json("forget", "--dry-run") == {**counted, "dry_run": True}
    told = cli.told("forget")
    assert "Remove 11 items, 3 entries, 3 blobs, 2 threads, 2 sessions, 4 collections" in told
    assert "no terminal to ask at: --yes says yes" in told
    assert left(cli.dsn, cli.tenant) == before

    assert cli.json("forget", "--yes") == {**counted, "dry_run": False}
    assert cli.run("forget").stdout == f"{cli.tenant}: removed nothing\n"


def test_options_name_what_goes(cli: Cli) -> None:
    words = ["--filter", '{"user": "a"}', "--namespace", '["users", "ada"]', "--thread", "t2"]
    words += ["--thread", "none", "--session", "s1", "--yes"]

    told = cli.run("forget", *words).stdout.replace("\n", " ")

    assert "removed 7 items, 2 entries, 1 blob, 1 thread, 1 session" in told
    assert cli.json("forget", "--namespace", "model", "--yes")["blobs"] == 1


def test_a_key_that_no_collection_has_is_told(cli: Cli) -> None:
    for words in (["--dry-run"], ["--yes"]):
        told = cli.run("forget", "--where", "usre = a", *words).stderr
        assert told == "pgrecall: no item that was looked at has 'usre'; did you mean 'user'?\n"


def test_what_matches_everything_is_refused_in_the_words_of_commands(cli: Cli) -> None:
    for words in (["--filter", "{}"], ["--namespace", "[]"]):
        assert "`pgrecall forget --tenant` alone removes all that" in cli.told("forget", *words)
    assert "needs --tenant (Of whom to forget)" in cli.run("forget", tenant=False, code=2).stderr
