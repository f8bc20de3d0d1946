"""A psycopg whose inside is not as the driver knows it is asked by its cursors."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from psycopg import sql

from pgrecall import Collection, DimensionMismatchError, InvalidArgumentError, Item
from pgrecall._driver import plain
from pgrecall._driver.exchange import ask
from pgrecall._statements.statement import Statement


@pytest.fixture(params=[True, False], ids=["known", "unknown"])
def of_psycopg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    assert plain.IS_KNOWN
    monkeypatch.setattr(plain, "IS_KNOWN", request.param)
    return bool(request.param)


@pytest.mark.usefixtures("of_psycopg")
async def test_whatever_psycopg_is_answers_and_errors_are_the_same(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", dimensions=2))
    await store.upsert(tenant, "docs", [Item(str(n), [1, n], f"text {n}") for n in range(5)])

    # a statement is prepared when it comes again
    for _ in range(7):
        found = await store.search(tenant, "docs", [1, 2], limit=2)
        assert [match.id for match in found] == ["2", "3"]
    assert await store.delete(tenant, "docs", ["0", "none"]) == 1
    assert await store.count(tenant, "docs") == 4
    with pytest.raises(InvalidArgumentError, match="the server says: no operand in tsquery"):
        await store.search_text(tenant, "docs", "a &", syntax="raw")
    with pytest.raises(DimensionMismatchError):
        await store.search(tenant, "docs", [1])


@pytest.mark.usefixtures("of_psycopg")
def test_a_statement_that_is_done_and_fails_to_commit_has_failed(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMP TABLE once (id int UNIQUE DEFERRABLE INITIALLY DEFERRED)", prepare=False
        )
        twice = Statement(sql.SQL("INSERT INTO once VALUES (1), (1)"))
        with pytest.raises(psycopg.errors.UniqueViolation):
            ask(connection, twice)
        count = Statement(sql.SQL("SELECT count(*) FROM once"))
        assert ask(connection, count).rows == [(0,)]


def test_a_statement_in_a_pipeline_is_refused_and_waits_for_nothing(dsn: str) -> None:
    with (
        psycopg.connect(dsn, autocommit=True) as connection,
        connection.pipeline(),
        pytest.raises(psycopg.ProgrammingError, match="in pipeline mode"),
    ):
        ask(connection, Statement(sql.SQL("SELECT 1")))
