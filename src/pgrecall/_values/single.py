"""One item that is plainly right, to PostgreSQL's binary form: most writes are of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._values.item_parts import metadata_bytes
from pgrecall._values.strings import MAX_ID_BYTES, plain_bytes
from pgrecall._values.vectors import Encoded, encode_plainly
from pgrecall.models import Item

if TYPE_CHECKING:
    from pgrecall._values.rows import Kind


class Single:
    """A batch of one item that is plainly right: nothing is to be sorted, cut or read ahead.

    Attributes:
        values: The parameters of its statement.
    """

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Encoded]) -> None:
        """Take the item as it is sent."""
        self.values = values

    def __len__(self) -> int:
        """Count it."""
        return 1

    @classmethod
    def of(cls, kind: Kind, items: object) -> Single | None:
        """Encode the item of a list of one; None leaves any other list, and item, to ``Batch``.

        Raises:
            InvalidArgumentError: Its metadata cannot be stored, and all else can.
        """
        if type(items) is not list or len(items) != 1 or kind.clean or kind.times:
            return None
        item = items[0]
        if not isinstance(item, Item):
            return None
        id_, text = plain_bytes(item.id), plain_bytes(item.text)
        if not id_ or len(id_) > MAX_ID_BYTES or text is None:
            return None
        vector = encode_plainly(kind.shape, item.vector)
        if vector is None:
            return None
        metadata = metadata_bytes(item.metadata, item.id, kind.text_fields)
        return cls(
            {
                "id": Encoded(id_),
                "text": Encoded(text),
                "vector": vector,
                "metadata": Encoded(metadata),
            }
        )
