"""Arguments that cannot be used are refused before anything connects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import closing, fill

from pgrecall import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable

    Opener = Callable[..., Any]


@pytest.mark.parametrize(
    "arguments",
    [
        {"min_connections": -1},
        {"min_connections": 3, "max_connections": 2},
        {"min_connections": 0, "max_connections": 0},
        {"max_connections": "ten"},
        {"max_connections": None},
        {"min_connections": 0.5},
        {"max_connections": 10.5},
        {"connection_timeout": 0},
        {"connection_timeout": -1},
        {"connection_timeout": float("nan")},
        {"connection_timeout": float("inf")},
        {"connection_timeout": "5"},
        {"connection_timeout": None},
        {"schema": ""},
        {"schema": "nul\0"},
        {"schema": "x" * 64},
        {"schema": None},
        {"read_dsn": "postgresql://u:p@ss/w@h/db"},
        {"read_dsn": 5},
        {"consistency": "read_your_writes"},
        {"consistency": "strong"},
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_at_once(
    open_store: Opener, arguments: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match=next(iter(arguments))):
        open_store("host=x", **arguments)


async def test_a_pool_may_start_at_no_connection_and_have_one(
    open_store: Opener, database: str
) -> None:
    async with closing(open_store(database, min_connections=0, max_connections=1)) as store:
        await fill(store, "tenant")
        assert await store.count("tenant", "docs") == 3
