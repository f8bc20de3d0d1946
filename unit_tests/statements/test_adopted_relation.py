"""How the rows of an adopted table are read as items."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from unit_tests.statements.golden_adopted_writing import ADOPTED
from unit_tests.statements.golden_values import local

from pgrecall import Hnsw
from pgrecall._operations.search.planning import approximate
from pgrecall._statements.columns import OWN
from pgrecall._statements.search.plan import EXACT, Plan
from pgrecall._statements.search.vector import vector


def without_json() -> Any:
    """Give the table without its column of JSON: no null has to be told from what is missing."""
    source = {**ADOPTED.source, "metadata": ADOPTED.source["metadata"][:2]}
    index = replace(ADOPTED.collection, index=Hnsw())
    return local(replace(ADOPTED, source=source, collection=index, columns=OWN))


@pytest.mark.parametrize("exact", [True, False])
def test_what_is_sent_is_put_together_for_the_rows_that_are_left(exact: bool) -> None:
    stored = without_json()
    plan: Plan = EXACT if exact else approximate(stored, 10, 1.0)
    text = vector(stored, None, 10, None, plan, include_vectors=False).sql.decode()

    sent, _, arm = text.partition(" FROM (SELECT id, ")
    assert "pg_catalog.json_build_object('lang', field_0::text, 'tags', field_1::text[])" in sent
    assert arm.startswith("text_0, field_0, field_1, json, created_at, updated_at, ")
