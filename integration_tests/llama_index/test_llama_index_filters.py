"""LlamaIndex's filters mean what LlamaIndex's own reference says, at any depth."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from integration_tests.llama_index.llama_index_stores import group, node, of_source, one, where
from integration_tests.search import oracle
from integration_tests.search.filter_batches import NUMBERS, STRINGS
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)
from llama_index.core.vector_stores.utils import build_metadata_filter_fn

from pgrecall.errors import FilterError
from pgrecall.llama_index import PgRecallVectorStore

if TYPE_CHECKING:
    from pgrecall import Store

X = [1.0, 0.0]
ORDERINGS = {">": "gt", ">=": "gte", "<": "lt", "<=": "lte"}
SAME = {"==": "eq", "!=": "ne", "in": "in", "nin": "not_in", "contains": "contains"}
SAME |= {"text_match": "text_match", "text_match_insensitive": "text_match_insensitive"}


@pytest.fixture
def store(sync_store: Store, tenant: str) -> PgRecallVectorStore:
    return PgRecallVectorStore(sync_store, tenant=tenant, fields={"page": "number", "s": "text"})


def ids(store: PgRecallVectorStore, filters: MetadataFilters | None) -> list[str]:
    return [found.node_id for found in store.get_nodes(filters=filters)]


# --- the reference, and what this package says where it has nothing to say ---


def defined(leaf: MetadataFilter, stored: Any) -> bool:
    """Whether the reference decides, and pgrecall's table of operators does not say otherwise."""
    value, operator = leaf.value, leaf.operator.value
    if operator == "is_empty":
        return True
    if value is None or any(isinstance(part, bool) for part in parts(stored)):
        return False
    if operator in ORDERINGS:
        return not isinstance(value, str) or not is_number(value)
    if operator in ("any", "all"):
        return not isinstance(stored, str | dict)
    if operator == "text_match_insensitive":
        return isinstance(stored, str) and f"{stored}{value}".isascii()
    return not (operator == "contains" and isinstance(stored, dict))


def parts(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [inner for one_ in value for inner in parts(one_)]
    return list(value.values()) if isinstance(value, dict) else [value]


def is_number(text: str) -> bool:
    return text.strip().lstrip("+-").replace(".", "", 1).isdecimal()


def expected_leaf(leaf: MetadataFilter, metadata: dict[str, Any]) -> bool:
    stored = metadata.get(leaf.key)
    if defined(leaf, stored):
        reference = build_metadata_filter_fn(lambda _: metadata, MetadataFilters(filters=[leaf]))
        try:
            return bool(reference(""))
        except TypeError:
            pass
    value, operator = leaf.value, leaf.operator.value
    field = oracle.find((leaf.key,), metadata)
    if operator in ORDERINGS:
        op = ORDERINGS[operator]
        as_number = isinstance(value, str) and is_number(value)
        return oracle.holds(op, field, value, str.lower) or (
            as_number and oracle.holds(op, field, float(str(value)), str.lower)
        )
    if operator in ("any", "all"):
        # a string counts as a list of itself
        listed = [stored] if isinstance(stored, str) else field
        if operator == "all" and not value:
            return stored is not None
        return oracle.holds(operator, listed, value, str.lower)
    return oracle.holds(SAME[operator], field, value, str.lower)


def expected(filters: Any, metadata: dict[str, Any]) -> bool:
    if isinstance(filters, MetadataFilter):
        return expected_leaf(filters, metadata)
    # a group without conditions is as if it were not there
    results = [expected(part, metadata) for part in filters.filters if not is_bare(part)]
    if not results:
        return True
    if filters.condition is FilterCondition.OR:
        return any(results)
    if filters.condition is FilterCondition.NOT:
        return not any(results)
    return all(results)


def is_bare(filters: Any) -> bool:
    return isinstance(filters, MetadataFilters) and all(map(is_bare, filters.filters))


# --- random filters over random metadata ---

KEYS = ["page", "s", "tags", "id", "$x", "a b", "ключ"]
WORDS = [word for word in STRINGS if word.isascii()] + ["2", "10", " 3 ", "-1.5", "ab"]
words = st.sampled_from([*WORDS, "ä"])
numbers = st.sampled_from([*(n for n in NUMBERS if abs(n) < 2**60), 2, 10, -1.5])
scalars = words | numbers | st.booleans() | st.none()
values = scalars | st.lists(words | numbers, max_size=3) | st.lists(scalars, max_size=3)
values |= st.dictionaries(words, scalars, max_size=1)
rows = st.dictionaries(st.sampled_from(KEYS), values, max_size=5)
integers = st.sampled_from([0, 1, 2, 10, -1])
lists = st.one_of(*(st.lists(kind, max_size=3) for kind in (words, integers, st.just(1.5))))
OPERANDS = {
    **dict.fromkeys(("==", "!=", "contains"), words | numbers | st.none()),
    **dict.fromkeys(ORDERINGS, words | numbers),
    **dict.fromkeys(("in", "nin", "any", "all"), lists),
    **dict.fromkeys(("text_match", "text_match_insensitive"), words.filter(str.isascii)),
    "is_empty": st.none(),
}


@st.composite
def leaves(draw: Any) -> MetadataFilter:
    operator = draw(st.sampled_from(list(OPERANDS)))
    return one(draw(st.sampled_from(KEYS)), draw(OPERANDS[operator]), operator)


def groups(inner: Any) -> Any:
    conditions = st.sampled_from(["and", "or", "not", None])
    return st.builds(
        lambda found, condition: group(*found, condition=condition),
        st.lists(inner, max_size=3),
        conditions,
    )


filters_ = groups(st.recursive(leaves(), groups, max_leaves=4))


def test_random_filters_find_what_the_reference_says(store: PgRecallVectorStore) -> None:
    @settings(
        max_examples=100,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(rows, min_size=8, max_size=8), st.lists(filters_, min_size=8, max_size=8))
    def check(batch: list[dict[str, Any]], wanted: list[MetadataFilters]) -> None:
        nodes = [node(f"n{place}", X) for place in range(len(batch))]
        for made, metadata in zip(nodes, batch, strict=True):
            made.metadata = metadata
        store.add(nodes)
        for filters in wanted:
            found = [
                f"n{place}" for place, metadata in enumerate(batch) if expected(filters, metadata)
            ]
            assert ids(store, filters) == found, (filters, batch)

    check()


def test_the_property_test_meets_the_reference_often() -> None:
    met = 0

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(leaves(), rows)
    def count(leaf: MetadataFilter, metadata: dict[str, Any]) -> None:
        nonlocal met
        met += defined(leaf, metadata.get(leaf.key))

    count()
    assert met > 50


# --- each operator, by name ---

ROWS: dict[str, dict[str, Any]] = {
    "a": {"page": 1, "lang": "en", "tags": ["x", "y"], "title": "The Quick Fox"},
    "b": {"page": 2.5, "lang": "de", "tags": ["y"], "title": "50% off_er"},
    "c": {"page": "10", "lang": None, "tags": [], "title": ""},
    "d": {"tags": "x", "flag": True, "nested": {"lang": "en"}},
    "e": {"page": 10, "title": "O'Brien :todo", "tags": [1, 2]},
}


@pytest.fixture
def filled(store: PgRecallVectorStore) -> PgRecallVectorStore:
    nodes = []
    for id_, metadata in ROWS.items():
        made = node(id_, X)
        made.metadata = json.loads(json.dumps(metadata))
        nodes.append(made)
    store.add(nodes)
    return store


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (where("lang", "en"), "a"),
        (where("page", 1.0), "a"),
        (where("page", "1"), ""),
        (where("flag", 1), ""),
        (where("lang", None), "cde"),
        (where("lang", "en", "!="), "bcde"),
        (where("lang", None, "!="), "ab"),
        (where("page", 2, ">"), "be"),
        (where("page", 2.5, ">="), "be"),
        (where("page", 2, "<"), "a"),
        (where("page", 2.5, "<="), "ab"),
        (where("lang", ["en", "de"], "in"), "ab"),
        (where("lang", [], "in"), ""),
        (where("lang", ["en"], "nin"), "bcde"),
        (where("lang", [], "nin"), "abcde"),
        (where("tags", ["x"], "any"), "ad"),
        (where("tags", [2, 7], "any"), "e"),
        (where("tags", [], "any"), ""),
        (where("tags", ["x", "y"], "all"), "a"),
        (where("tags", ["x"], "all"), "ad"),
        (where("tags", [], "all"), "abcde"),
        (where("lang", [], "all"), "ab"),
        (where("tags", "y", "contains"), "ab"),
        (where("title", "Quick", "contains"), "a"),
        (where("title", "%", "text_match"), "b"),
        (where("title", "_", "text_match"), "b"),
        (where("title", "quick", "text_match"), ""),
        (where("title", "quick", "text_match_insensitive"), "a"),
        (where("title", "O'Brien :todo"), "e"),
        (where("title", None, "is_empty"), "cd"),
        (where("tags", None, "is_empty"), "c"),
        (where("lang", None, "is_empty"), "cde"),
    ],
    ids=str,
)
def test_an_operator_finds_exactly_what_it_should(
    filled: PgRecallVectorStore, filters: MetadataFilters, found: str
) -> None:
    assert "".join(ids(filled, filters)) == found


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (group(), "abcde"),
        (group(one("page", 1), one("lang", "de"), condition="or"), "ab"),
        (group(one("page", 1), one("lang", "en"), condition=None), "a"),
        (group(one("page", 1), one("lang", "de"), condition="not"), "cde"),
        (group(group(one("lang", "en"), condition="not"), one("page", 2, ">")), "be"),
        (group(group(group(group(one("page", 1))))), "a"),
        (group(group(), one("page", 1), condition="or"), "a"),
        (group(group(one("lang", "zz"), condition="not"), condition="not"), ""),
    ],
    ids=str,
)
def test_conditions_nest(filled: PgRecallVectorStore, filters: MetadataFilters, found: str) -> None:
    assert "".join(ids(filled, filters)) == found


def test_groups_nest_as_deep_as_anyone_writes_them(filled: PgRecallVectorStore) -> None:
    filters = where("page", 1)
    for _ in range(60):
        filters = group(group(filters, one("page", 1), condition="or"), condition="and")
    assert ids(filled, filters) == ["a"]


def test_a_numeric_string_is_compared_with_numbers_as_a_number(
    filled: PgRecallVectorStore,
) -> None:
    # as the auto-retriever writes it; the page "10" of c is a string, and less than "2"
    assert ids(filled, where("page", "2", ">")) == ["b", "e"]
    assert ids(filled, where("page", "2", "<")) == ["a", "c"]
    assert ids(filled, where("page", "two", "<")) == ["c"]


def test_equality_stays_strict_for_a_numeric_string(filled: PgRecallVectorStore) -> None:
    assert ids(filled, where("page", "10")) == ["c"]
    assert ids(filled, where("page", 10)) == ["e"]


@pytest.mark.parametrize("key", ["ref_doc_id", "doc_id", "document_id"])
def test_the_source_can_be_filtered_by_under_each_name_that_it_has(
    store: PgRecallVectorStore, key: str
) -> None:
    own = node("own", X)
    own.metadata = {"doc_id": "mine", "document_id": "mine"}
    store.add([of_source(node("a", X), "doc"), node("b", X), of_source(own, "doc")])
    assert ids(store, where(key, "doc")) == (["a", "own"] if key == "ref_doc_id" else ["a"])
    assert ids(store, where(key, "None")) == ["b"]
    assert ids(store, where(key, "mine")) == ([] if key == "ref_doc_id" else ["own"])
    assert ids(store, where(key, "doc", "!=")) == (["b"] if key == "ref_doc_id" else ["b", "own"])


def test_the_key_id_is_metadata_and_not_the_nodes_id(store: PgRecallVectorStore) -> None:
    store.add([node("a", X, id="b"), node("b", X)])
    assert ids(store, where("id", "b")) == ["a"]


@pytest.mark.parametrize(
    "filters",
    [
        where("k", ["a"]),
        where("k", "a", "in"),
        where("k", ["a"], ">"),
        where("k", 5, "text_match"),
        where("k", "a", "any"),
        where("", "a"),
        where("k", "\0"),
        where("k", float("nan")),
    ],
    ids=str,
)
def test_a_filter_that_cannot_be_is_an_error_before_anything_is_sent(
    filters: MetadataFilters,
) -> None:
    store = PgRecallVectorStore("host=/nowhere")
    with pytest.raises(FilterError):
        store.get_nodes(filters=filters)


def test_an_unknown_operator_is_an_error_that_names_it() -> None:
    store = PgRecallVectorStore("host=/nowhere")
    part = MetadataFilter.model_construct(key="k", value="v", operator="~~")
    filters = MetadataFilters.model_construct(filters=[part], condition=FilterCondition.AND)
    with pytest.raises(FilterError, match="'~~'"):
        store.get_nodes(filters=filters)


def test_every_operator_of_llama_index_is_known(filled: PgRecallVectorStore) -> None:
    for operator in FilterOperator:
        value: Any = ["x"] if operator.value in ("in", "nin", "any", "all") else "x"
        ids(filled, where("tags", value, operator.value))
