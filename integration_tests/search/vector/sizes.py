"""How many vectors the tests of vector search have, and how long they are."""

from __future__ import annotations

ROWS = 500
DIMENSIONS = 8
