"""Another client, beside the store of a test."""

from __future__ import annotations

from typing import Any

import pytest

from pgrecall import Store


@pytest.fixture
def elsewhere(dsn: str) -> Any:
    """Another client."""
    with Store(dsn, min_connections=0) as made:
        yield made
