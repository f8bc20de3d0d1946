"""A store on an index, sync and async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.langgraph.search.memories import words
from integration_tests.shared.calls import Calls

from pgrecall import Store
from pgrecall._adapters.pair import Pair
from pgrecall.langgraph import PgRecallStore

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def core(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


@pytest.fixture(params=["sync", "async"])
async def make(request, core: Store, tenant: str) -> Any:
    def made(**keywords: Any) -> Calls:
        keywords = {"tenant": tenant, "index": words(), **keywords}
        return Calls(PgRecallStore(core, **keywords), request.param)

    yield made
    await Pair(core).async_store.close()


@pytest.fixture
def memory(make: Any) -> Any:
    return make()
