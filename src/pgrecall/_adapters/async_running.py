"""What every adapter does with its pair of stores: run operations, and close them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

if TYPE_CHECKING:
    from types import TracebackType

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation

T = TypeVar("T")


class AsyncPairMixin:
    """Runs operations on an adapter's pair of stores, and closes what the adapter opened."""

    _pair: Pair

    async def aclose(self) -> None:
        """Close what this opened, in every event loop; a store of the caller's stays open."""
        await self._pair.aclose()

    async def __aenter__(self) -> Self:
        """Give the object itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        await self.aclose()

    async def _arun(self, operation: Operation[T]) -> T:
        return await self._pair.arun(operation)
