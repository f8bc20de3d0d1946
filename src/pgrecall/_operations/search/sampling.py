"""How much of a table a search looks at to know what share of its rows a filter lets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._statements.layout import PAGE_BYTES

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

SAMPLED_MATCHES = 12
"""Matching rows that a sample should hold where the decision is close."""
SAMPLED_ROWS, SAMPLED_PAGES = 400, 8
"""Rows and pages that it should hold: of a hundred a tenth is told as a seventh now and then, and
the effort by it. PostgreSQL draws the same pages of every table each time, of
half a percent none before the 538th: of a table that ends sooner it would never see a row."""
MOST_SAMPLED = 20_000
"""Rows of the table that are sampled at most for those of one hot value."""
_SHORT_ROW = 100  # bytes that a row takes at least, beside its vector


def sampled_percent(stored: Stored, threshold: float) -> float:
    """Give the percentage of the table that tells whether more rows match than a threshold."""
    rows = max(SAMPLED_MATCHES * stored.rows / threshold, SAMPLED_ROWS) / stored.rows
    a_page = PAGE_BYTES / (_SHORT_ROW + (stored.vector_bytes if stored.is_plain else 0))
    table_rows = max(1.0, stored.table_rows)
    share = max(rows, SAMPLED_PAGES * a_page / table_rows)
    if stored.part is not None:  # the sample is of the whole table
        share = min(share, MOST_SAMPLED / table_rows)
    return min(100.0, 100.0 * share)
