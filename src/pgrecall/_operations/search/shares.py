"""What part of a collection's rows each filter lets through, as far as a search saw it lately."""

from __future__ import annotations

import time
from hashlib import blake2b
from typing import TYPE_CHECKING

from pgrecall._cache import BoundedCache, Overlay

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

_ESTIMATE_SECONDS = 60.0
_ESTIMATES_BYTES = 4 << 20  # some 8,000
_DIGEST = 16


class Estimates:
    """What share of a collection's rows each filter matched lately.

    Only speed depends on them: an exact search is right anyway, and a search by index falls back
    where it came short. Applications ask with the same few filters again and again; a digest
    stands for each, which may hold thousands of ids.
    """

    __slots__ = ("_shares",)

    def __init__(self, over: Estimates | None = None) -> None:
        """Begin with none, or with those of others, which stay as they are."""
        self._shares: BoundedCache[tuple[int, bytes], tuple[float, float]] = (
            BoundedCache(_ESTIMATES_BYTES)
            if over is None
            else Overlay(over._shares, _ESTIMATES_BYTES)  # noqa: SLF001  # of the same class
        )

    def __len__(self) -> int:
        """Count them."""
        return len(self._shares)

    def get(self, collection: int, filter_: bytes) -> float | None:
        """Give the share seen within the last minute, of the filter with this ``digest_of``."""
        entry = self._shares.get((collection, filter_))
        if entry is None or time.monotonic() - entry[0] > _ESTIMATE_SECONDS:
            return None
        return entry[1]

    def put(self, collection: int, filter_: bytes, share: float) -> None:
        """Keep a share."""
        self._shares.put((collection, filter_), (time.monotonic(), share))


def digest_of(filter_: Filter | None) -> bytes:
    """Give what stands for a parsed filter; 128 bits tell two filters apart."""
    if filter_ is None:
        return b""
    return blake2b(repr(filter_).encode(), digest_size=_DIGEST).digest()


class FilterShare:
    """What part of a collection's rows a filter lets through: seen lately, or learned by a search.

    Attributes:
        value: 1 without a filter, else what was seen within the last minute; None where nothing
            was, or pages are to be alike whatever was: the search's own statement looks then.
    """

    __slots__ = ("_estimates", "_filter_key", "_stored", "value")

    def __init__(
        self,
        estimates: Estimates,
        stored: Stored,
        filter_: Filter | None,
        *,
        used: bool = True,
        paged: bool = False,
    ) -> None:
        """Look up what was seen.

        Args:
            estimates: What was seen.
            stored: The collection.
            filter_: The filter.
            used: Whether anything depends on it.
            paged: Whether it is of a page: what another search saw, before this page or in another
                process, would give each page a plan of its own.
        """
        self._estimates = estimates
        self._stored = stored
        self._filter_key = digest_of(filter_) if used else b""
        self.value: float | None = None
        if filter_ is None:
            self.value = 1.0
        elif used and not paged:
            self.value = estimates.get(stored.id, self._filter_key)

    def learn(self, rows: Sequence[Sequence[Any]]) -> None:
        """Keep the share that a search's rows tell, each in its last column, where it looked."""
        if rows and rows[0][-1] is not None:
            self._estimates.put(self._stored.id, self._filter_key, rows[0][-1])
