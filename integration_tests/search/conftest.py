"""Search is decided before the driver: one store shows it, and test_congruence.py that both do."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def store(one_store: Any) -> Any:
    """One store, called with ``await``."""
    return one_store
