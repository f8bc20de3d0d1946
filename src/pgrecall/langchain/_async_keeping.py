"""What the key-value stores do by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from langchain_core.stores import BaseStore

from pgrecall._adapters.async_running import AsyncPairMixin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from pgrecall.langchain._values import Values

V = TypeVar("V")


class AsyncKeepMixin(AsyncPairMixin, BaseStore[str, V]):
    """The async methods of ``PgRecallByteStore`` and ``PgRecallDocStore``."""

    _values: Values[V]

    async def amget(self, keys: Sequence[str]) -> list[V | None]:
        """Give the values of keys in the order asked, None where a key has none.

        Args:
            keys: Any strings; one may come twice.

        Raises:
            InvalidArgumentError: One is no string.
        """
        return await self._arun(self._values.mget(keys))

    async def amset(self, key_value_pairs: Sequence[tuple[str, V]]) -> None:
        """Store values, all or none; of a key that comes twice the last value stays.

        Args:
            key_value_pairs: Keys, any strings, with their values.

        Raises:
            InvalidArgumentError: A key or a value cannot be stored; nothing was.
        """
        await self._arun(self._values.mset(key_value_pairs))

    async def amdelete(self, keys: Sequence[str]) -> None:
        """Remove the values of keys; one that has none is no failure."""
        await self._arun(self._values.mdelete(keys))

    async def ayield_keys(self, *, prefix: str | None = None) -> AsyncIterator[str]:
        """Give the keys that have a value, each once.

        They are read a thousand at a time: what is written or removed meanwhile is seen or is not.

        Args:
            prefix: What the keys begin with, letter by letter; None gives all.
        """
        after = None
        while True:
            page = await self._arun(self._values.page(prefix, after))
            for key in page.keys:
                yield key
            after = page.after
            if after is None:
                return
