from __future__ import annotations

from typing import Any

import pytest
from unit_tests.statements.golden_values import SPREAD, STORED

from pgrecall._driver.exchange import answered
from pgrecall._operations.prewarm.prewarm import _warmed, check_is_here
from pgrecall._statements.statement import Many, Result
from pgrecall.errors import InvalidArgumentError


def test_a_distributed_collection_is_refused_with_what_to_do() -> None:
    check_is_here(STORED)
    with pytest.raises(InvalidArgumentError, match=r"is distributed.*run_command_on_shards"):
        check_is_here(SPREAD)


def test_the_index_has_room_in_the_buffers_first_and_is_read_last() -> None:
    relations = [(1, "index", "graph", 60, 10, True), (2, "table", "items", 100, 10, True)]
    read = []

    def answer(request: Any) -> Any:
        if isinstance(request, Many):
            return [Result([], 0), Result([(1_000, 1_000, "public")], 1), Result(relations, 2)]
        values = request.parameters
        read.append((values["relation"], values["mode"], values["first"], values["last"]))
        return Result([(values["last"] - values["first"] + 1,)], 1)

    report = answered(_warmed(STORED), answer)
    assert read == [(2, "read", 30, 99), (2, "buffer", 0, 29), (1, "buffer", 0, 59)]
    assert (report.table_bytes, report.index_bytes) == (1_000, 600)
