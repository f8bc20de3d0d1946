# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_keeping.py.
# Do not edit: change that file, and make this one anew.

"""What the key-value stores do by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from langchain_core.stores import BaseStore

from pgrecall._adapters.running import PairMixin

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrecall.langchain._values import Values

V = TypeVar("V")


class KeepMixin(PairMixin, BaseStore[str, V]):
    """The sync methods of ``PgRecallByteStore`` and ``PgRecallDocStore``."""

    _values: Values[V]

    def mget(self, keys: Sequence[str]) -> list[V | None]:
        """Give the values of keys in the order asked, None where a key has none.

        Args:
            keys: Any strings; one may come twice.

        Raises:
            InvalidArgumentError: One is no string.
        """
        return self._run(self._values.mget(keys))

    def mset(self, key_value_pairs: Sequence[tuple[str, V]]) -> None:
        """Store values, all or none; of a key that comes twice the last value stays.

        Args:
            key_value_pairs: Keys, any strings, with their values.

        Raises:
            InvalidArgumentError: A key or a value cannot be stored; nothing was.
        """
        self._run(self._values.mset(key_value_pairs))

    def mdelete(self, keys: Sequence[str]) -> None:
        """Remove the values of keys; one that has none is no failure."""
        self._run(self._values.mdelete(keys))

    def yield_keys(self, *, prefix: str | None = None) -> Iterator[str]:
        """Give the keys that have a value, each once.

        They are read a thousand at a time: what is written or removed meanwhile is seen or is not.

        Args:
            prefix: What the keys begin with, letter by letter; None gives all.
        """
        after = None
        while True:
            page = self._run(self._values.page(prefix, after))
            for key in page.keys:
                yield key
            after = page.after
            if after is None:
                return
