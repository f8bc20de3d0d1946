"""The key-value store for LlamaIndex, without a database."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall import InvalidArgumentError
from pgrecall.llama_index import (
    PgRecallDocumentStore,
    PgRecallIndexStore,
    PgRecallKVStore,
)
from pgrecall.llama_index._order import in_order, order_of

DSN = "postgresql://user:s3cret@localhost:1/nowhere"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("made", [PgRecallKVStore, PgRecallDocumentStore, PgRecallIndexStore])
def test_a_repr_names_the_tenant_and_no_password(made: type) -> None:
    shown = repr(made(DSN, "the-tenant"))
    assert "the-tenant" in shown
    assert "s3cret" not in shown


@pytest.mark.parametrize("made", [PgRecallKVStore, PgRecallDocumentStore, PgRecallIndexStore])
@pytest.mark.parametrize("tenant", ["", "nul\0", 5])
def test_a_tenant_that_is_no_name_is_refused(made: type, tenant: object) -> None:
    with pytest.raises(InvalidArgumentError, match="tenant"):
        made(DSN, tenant)


def test_a_store_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match="store must be"):
        PgRecallKVStore(5)  # type: ignore[arg-type]  # what is tested


def test_a_document_store_takes_the_tenant_of_its_key_value_store() -> None:
    values = PgRecallKVStore(DSN, "the-tenant")
    assert PgRecallDocumentStore(values)._kvstore is values
    assert PgRecallIndexStore(values)._kvstore is values


def test_a_pickled_key_value_store_keeps_its_tenant() -> None:
    copy = pickle.loads(pickle.dumps(PgRecallKVStore(DSN, "the-tenant")))  # noqa: S301  # made here
    assert copy.tenant == "the-tenant"


@given(JSON)
def test_any_order_of_keys_can_be_brought_back(value: object) -> None:
    assert str(in_order(_shuffled(value), order_of(value))) == str(value)


@given(JSON)
def test_the_order_that_jsonb_keeps_is_not_noted(value: object) -> None:
    assert order_of(_shuffled(value)) == 0


def _shuffled(value: object) -> object:
    """Give a value as jsonb does: keys by their length in bytes, then by their bytes."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return {key: _shuffled(value[key]) for key in keys}
    if isinstance(value, list):
        return [_shuffled(one) for one in value]
    return value
