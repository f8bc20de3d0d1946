from __future__ import annotations

import pytest
from unit_tests.statements.golden_values import SPREAD, STORED

from pgrecall._operations.prewarm.prewarm import check_is_here
from pgrecall.errors import InvalidArgumentError


def test_a_distributed_collection_is_refused_with_what_to_do() -> None:
    check_is_here(STORED)
    with pytest.raises(InvalidArgumentError, match=r"is distributed.*run_command_on_shards"):
        check_is_here(SPREAD)
