"""A psycopg whose inside is not as the driver knows it is asked by its cursors."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import Collection, DimensionMismatchError, InvalidArgumentError, Item
from pgrecall._driver import plain


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
