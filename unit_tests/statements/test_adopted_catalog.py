"""What the catalog says of a table that changes while it is read."""

from __future__ import annotations

import json

from pgrecall._statements.adopted.catalog import read_relation


def test_an_index_that_is_dropped_meanwhile_is_none() -> None:
    index = {"name": "gone", "method": "hnsw", "opclass": "vector_l2_ops", "options": []}
    index |= {"definition": None, "type": "vector", "modifier": 3, "predicate": None}
    found = {
        "schema": "public",
        "name": "articles",
        "relkind": "r",
        "is_temporary": False,
        "has_row_security": False,
        "has_children": False,
        "may_delete": True,
        "allows": 28,
        "is_own": False,
        "has_citus": False,
        "columns": None,
        "unique": [{"name": "gone", "is_primary": True, "is_immediate": True, "columns": None}],
        "vectors": [index],
        "tokens": [{"name": "gone", "definition": None, "uses": None}],
    }

    relation = read_relation((7, json.dumps(found)))

    assert relation is not None
    assert (relation.unique, relation.vectors, relation.tokens) == ((), (), ())
