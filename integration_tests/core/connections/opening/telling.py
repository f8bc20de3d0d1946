"""What the tests of opening a store look for in what they are told."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import closing, execute

if TYPE_CHECKING:
    from collections.abc import Callable

    Opener = Callable[..., Any]


PASSWORD = "s3cr3t-Wörd"  # noqa: S105  # of a role on a server that lives as long as this file


# what of it a message could show, percent-encoding and cutting included
TELLTALE = "3cr3t"


async def failure_of(store: Any, expected: type[Exception]) -> Any:
    """What a store that cannot work says, sync and async."""
    async with closing(store):
        with pytest.raises(expected) as caught:
            await store.list_collections("tenant")
    assert type(caught.value) is expected
    return caught.value


def everything_told(error: BaseException) -> str:
    """All that a log could hold of an error: messages, arguments and causes."""
    told = traceback.format_exception(error)
    chain: BaseException | None = error
    while chain is not None:
        told += [repr(chain), repr(chain.args)]
        # a tracker of errors may show a context that `from None` hides
        chain = chain.__cause__ or chain.__context__
    return "\n".join(told)


def others_who_wait(dsn: str) -> list[tuple[Any, ...]]:
    """Sessions of this database that wait for a lock."""
    return execute(
        dsn,
        "SELECT pid FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'",
    )


def what_was_made_in(dsn: str) -> list[tuple[Any, ...]]:
    return execute(
        dsn,
        "SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'vector'),"
        " (SELECT count(*) FROM pg_namespace WHERE nspname IN ('pgrecall', 'mine'))",
    )
