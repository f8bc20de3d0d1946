"""Every verb of the store works on a collection that was adopted, or is refused with the reason."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest
from integration_tests.adopted.verbs import REFUSALS, WORKS, WRITES
from unit_tests.statements.golden_values import SERVER

from pgrecall import Collection, InvalidArgumentError, Metric, Store
from pgrecall._operations.adopted.refusals import ALTERED, REFUSED, refuse_adopted, refuse_fields
from pgrecall._statements.adopted.adopted import Adopted, Present
from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._statements.layout import Stored

COMMANDS = {"import"}
OF_THE_STORE_ITSELF = {"bind", "on", "close", "pool_statistics"}

ADOPTED = Adopted(
    "public",
    "My articles",
    1,
    "table",
    id=(TableColumn("slug", "text", "text"),),
    vector=TableColumn("embedding", "public.vector", "vector"),
)
STORED = Stored(
    7,
    "t",
    Collection("docs", 3, metric=Metric.COSINE, table_name='public."My articles"'),
    "pgrecall",
    "items_t_docs_7",
    SERVER,
    source={"format": 1, **__import__("json").loads(ADOPTED.to_json())},
    present=Present(5.0, index="My articles_embedding_hnsw"),
)


def verbs() -> set[str]:
    members = inspect.getmembers(Store, inspect.isfunction)
    return {name for name, _ in members if not name.startswith("_")} - OF_THE_STORE_ITSELF


def test_every_verb_works_or_is_refused_and_none_is_both() -> None:
    refused = set(REFUSED) - COMMANDS
    assert set(WORKS) | set(WRITES) | refused == verbs()
    assert not set(WORKS) & refused
    assert not set(WRITES) & (refused | set(WORKS))
    assert set(REFUSALS) == refused


@pytest.mark.parametrize("verb", REFUSED)
def test_a_refusal_names_the_collection_and_the_table(verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"collection 'docs' .* public\.\"My articles\""):
        refuse_adopted(STORED, verb)


def test_a_refusal_has_the_statement_that_its_owner_can_run() -> None:
    index = 'public."My articles_embedding_hnsw"'
    with pytest.raises(InvalidArgumentError, match=f"DROP INDEX CONCURRENTLY {index}$"):
        refuse_adopted(STORED, "drop_index")
    with pytest.raises(InvalidArgumentError, match=f"REINDEX INDEX CONCURRENTLY {index}$"):
        refuse_adopted(STORED, "reindex")
    bare = replace(STORED, present=Present(5.0))
    with pytest.raises(InvalidArgumentError, match=r"create_index\(\) builds one$"):
        refuse_adopted(bare, "reindex")


def test_the_settings_alone_can_be_altered() -> None:
    assert ALTERED == ("target_recall", "k1", "b")
    refuse_fields(STORED, {"target_recall": 0.5, "k1": 2.0, "b": 0.1, "dimensions": 3})
    for field, value in {"fields": {"lang": "text"}, "text_search": None, "dimensions": 4}.items():
        with pytest.raises(InvalidArgumentError, match=rf"{field} follows .* adopt_collection\(\)"):
            refuse_fields(STORED, {field: value})
    for field in ("title", "text_index", "distributed"):
        with pytest.raises(InvalidArgumentError, match=f"{field} is of collections on a table of"):
            refuse_fields(STORED, {field: "x"})


def test_a_collection_of_its_own_is_refused_nothing() -> None:
    own = replace(STORED, source=None)
    for verb in REFUSED:
        refuse_adopted(own, verb)
    refuse_fields(own, {"dimensions": 9})
