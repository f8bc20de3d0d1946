"""Items and changes in groups and batches of a bounded size, from an iterable of any length."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from pgrecall._values.conversions import SCALARS
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Change, Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

GROUP = 200
"""Items whose vectors are checked and stacked in one numpy call."""

GROUP_BYTES, BATCH_BYTES = 8 << 20, 64 << 20
"""A group and a batch of so much are full, however few their rows are. 5,000 rows of 1,536
dimensions with a thousand characters each are 36 MB.
"""

CHUNK_BYTES = 400_000
"""One statement carries about this much: the server's tuple store spills at work_mem, 4 MB, and
between two of them the next batch is read.
"""

CHUNK_ROWS = 1_000


def groups(
    items: Iterable[object],
    batch_size: int,
    row_bytes: int = 0,
    *,
    what: str = "items must be an iterable of pgrecall.Item",
) -> Iterator[tuple[list[object], bool]]:
    """Cut an iterable into groups of at most ``GROUP``; True ends a batch.

    Both also end by bytes, of texts and metadata about and ``row_bytes`` for each row's vector, so
    that what is in memory does not grow with the rows.
    """
    try:
        iterator = iter(items)
    except TypeError:
        msg = f"{what}, not {type(items).__name__}"
        raise InvalidArgumentError(msg) from None
    rows, size = batch_size, BATCH_BYTES
    while True:
        group: list[object] = []
        end = size - GROUP_BYTES
        for item in islice(iterator, min(GROUP, rows)):
            group.append(item)
            size -= row_bytes + _weight(item)
            if size <= end:
                break
        if not group:
            return
        rows -= len(group)
        ends = rows == 0 or size <= 0
        yield group, ends
        if ends:
            rows, size = batch_size, BATCH_BYTES


def _weight(item: object) -> int:
    """Count the characters of what an item or a change has in text and metadata, about."""
    waiting: list[Any]
    if isinstance(item, Item):
        text, waiting = item.text, [item.metadata]
    elif isinstance(item, Change):
        text, waiting = item.text, [item.metadata, item.set]
    else:
        return 0  # what is wrong with it, or with its parts, is told by the batch
    weight = len(text) if isinstance(text, str) else 0
    # a dict is one, and asking the abstract class is most of the work
    waiting = [one for one in waiting if type(one) is dict or isinstance(one, Mapping)]
    while waiting and weight < GROUP_BYTES:  # what holds itself ends here, too
        one = waiting.pop()
        weight += 16
        is_object = type(one) is dict or isinstance(one, Mapping)
        for member in one.values() if is_object else one:
            if isinstance(member, str):
                weight += len(member)
            elif type(member) not in SCALARS and isinstance(member, dict | list | tuple):
                waiting.append(member)
            else:
                weight += 8
    return weight
