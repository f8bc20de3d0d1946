"""Every verb runs in the caller's transaction and leaves it as it was, or says why it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.interruptions.ground import Ground, token
from integration_tests.interruptions.verbs import CASES, Case
from integration_tests.shared.calls import Calls

from pgrecall import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

REFUSED = {"alter_collection", "create_index", "drop_index", "maintain", "reembed", "reindex"}
"""Verbs that commit on their way."""

OWN = {"enable_seqscan": "off", "enable_sort": "off", "statement_timeout": "61s"}
"""What the caller has set for its transaction, otherwise than a verb would."""


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


async def settings_of(caller: Any) -> list[Any]:
    found: list[Any] = await caller.run("SELECT name, setting FROM pg_settings")
    return found


async def called(caller: Any, case: Case, ground: Ground, mark: str) -> Any:
    on = caller.on.target if isinstance(caller.on, Calls) else caller.on
    value = case.call(on, ground, mark)
    return await value if caller.is_async else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_verb_is_stored_by_the_callers_commit_and_puts_settings_back(
    caller: Any, ground: Ground, case: Case
) -> None:
    mark = token()
    case.prepare(ground)
    # pgvector's library brings settings of its own, and so does that of PL/pgSQL
    await caller.run("SELECT '[1]'::vector")
    await caller.run("DO $$ BEGIN END $$")
    for name, value in OWN.items():
        await caller.run("SELECT set_config(%s, %s, true)", name, value)
    before = await settings_of(caller)

    if case.verb in REFUSED:
        with pytest.raises(InvalidArgumentError, match=rf"{case.verb} commits .* on the store"):
            await called(caller, case, ground, mark)
    else:
        value = await called(caller, case, ground, mark)

    assert await settings_of(caller) == before
    assert caller.state == "INTRANS"
    await caller.commit()
    if case.verb not in REFUSED:
        assert list(case.judge(ground, mark, value)) == []
