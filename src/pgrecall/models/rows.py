"""Lists of what verbs give: they show themselves as tables, and stay what they are in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self, SupportsIndex

T = TypeVar("T")


class Rows(list[T]):
    """What a verb gave, in its order: a list, which a notebook shows as a table.

    A slice, a copy and a sum of it are such lists too; what a comprehension makes is a list.
    """

    __slots__ = ()

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> T: ...
    @overload
    def __getitem__(self, place: slice, /) -> Self: ...
    def __getitem__(self, place: SupportsIndex | slice, /) -> T | Self:
        """Give one, or a part in which the attributes stay."""
        found = super().__getitem__(place)
        return self._alike(found) if isinstance(place, slice) else found  # type: ignore[arg-type,return-value]  # a slice's is a list

    def __add__(self, others: Iterable[T], /) -> Self:  # type: ignore[override]  # of the same kind
        """Give these and others."""
        if not isinstance(others, list):
            return NotImplemented
        return self._alike([*self, *others])

    def copy(self) -> Self:
        """Give the same ones in another list."""
        return self._alike(self)

    def _alike(self, rows: Iterable[T]) -> Self:
        return type(self)(rows)

    def to_pandas(self, *, flat: bool = True) -> Any:
        """Give a ``pandas.DataFrame`` with a row for each.

        Its columns are the attributes that any of them has. Integers stay integers where some are
        missing, and vectors are arrays.

        Args:
            flat: Whether each key of the metadata is a column, ``metadata.KEY``; else ``metadata``
                is one, of dicts.

        Raises:
            ImportError: pandas is not installed.
        """
        from pgrecall._notebooks import frames  # noqa: PLC0415  # few callers need it

        return frames.of_rows(self, self._kind(), flat=flat)

    def _kind(self) -> type | None:
        return type(self[0]) if self else None

    def _repr_html_(self) -> str:
        """Write a table for a notebook."""
        from pgrecall._notebooks import html  # noqa: PLC0415  # only notebooks need it

        return html.rows(self)
