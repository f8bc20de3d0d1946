"""The approximate index of the table that a view reads, where it serves searches of the view.

No catalog tells: what the planner does with a search is asked, once for each way to write it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pgrecall._operations.adopted.mapping import is_plain
from pgrecall._statements.adopted import beneath as statements
from pgrecall._statements.adopted.adopted import Present
from pgrecall._statements.adopted.serving import Serving, index_of
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.statement import Many
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pgrecall._operations.work import Steps
    from pgrecall._statements.adopted.described import Relation
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result

MOST_LEFT_OUT = 0.5
"""The part of an index's rows that a view may leave out: an index passes over them one by one."""

_TRIED = (Hnsw(), Hnsw(quantization="half"), Hnsw(quantization="binary"))
# what sorts all rows looks cheaper than it is, and what an index gives is all that is asked about
_ASKED = {"enable_seqscan": "off", "enable_sort": "off"}


def served_beneath(stored: Stored, relation: Relation, rows: float) -> Steps[Serving | None]:
    """Give the index that serves searches of a view, if one does.

    Args:
        stored: The collection, whose ``adopted`` is as the view is now.
        relation: The view.
        rows: About how many rows it has.
    """
    adopted = stored.adopted
    if adopted is None or adopted.vector is None:
        return None
    column = relation.columns[adopted.vector.name]
    embedding = None
    if not is_plain(column):
        embedding = statements.cast(stored, adopted.vector)
    tried = replace(stored, present=Present(rows, embedding=embedding))
    before = yield statements.settings(list(_ASKED))
    found: list[Result] = yield Many(
        [
            LOCAL.set_local(_ASKED),
            *(statements.explained(tried, index) for index in _TRIED),
            LOCAL.set_local(dict(before.rows)),
        ]
    )
    for index, result in zip(_TRIED, found[1:-1], strict=True):
        plan = result.rows[0][0][0]["Plan"]
        scans = list(_index_scans(plan))
        if len(scans) != 1 or _sorts(plan):
            continue
        schema, name = scans[0]
        told = yield statements.index(schema, name)
        for method, options, indexed, is_partial in told.rows:
            if rows >= MOST_LEFT_OUT * indexed:
                said = dict(option.split("=", 1) for option in options)
                made = index_of(method, said, index.quantization)
                return Serving(made, name, None, embedding, is_partial, schema)
    return None


def _index_scans(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if plan["Node Type"] == "Index Scan" and "Order By" in plan:
        yield plan["Schema"], plan["Index Name"]
    for inner in plan.get("Plans", ()):
        yield from _index_scans(inner)


def _sorts(plan: Mapping[str, Any]) -> bool:
    return plan["Node Type"] == "Sort" or any(map(_sorts, plan.get("Plans", ())))
