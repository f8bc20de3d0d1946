# Made by `make twins` (python -m twins) from src/pgrecall/_adapters/async_running.py.
# Do not edit: change that file, and make this one anew.

"""What every adapter does with its pair of stores: run operations, and close them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation

T = TypeVar("T")


class PairMixin:
    """Runs operations on an adapter's pair of stores, and closes what the adapter opened."""

    _pair: Pair

    def close(self) -> None:
        """Close what this opened; a store of the caller's stays open."""
        self._pair.close()

    def __enter__(self) -> Self:
        """Give the object itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _run(self, operation: Operation[T]) -> T:
        return self._pair.run(operation)
