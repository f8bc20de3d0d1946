"""Whether `make exhaustive` asks for minutes in place of seconds."""

from __future__ import annotations

import os

import pytest

IS_EXHAUSTIVE = "PGRECALL_EXHAUSTIVE" in os.environ

EXHAUSTIVE = pytest.mark.skipif(
    not IS_EXHAUSTIVE, reason="takes minutes: `make exhaustive` runs it, a shorter one stands here"
)
