"""Hostile strings, and what is made of them: filters, metadata, names, DSNs."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from langchain_core.structured_query import Comparator
from llama_index.core.vector_stores.types import FilterOperator

from pgrecall import Collection, Condition, Metric
from pgrecall._operations.collections.fields import KINDS

DIMENSIONS = 3
FRAGMENTS = (
    "' \" '' \"\" \\ \\' ; -- /* */ $$ $1 $tag$ % %s %% %(p0)s %(ids)s %b {} {0} {table} :x ::text"
    " ? @> || E' U&' null NULL true user current_user select pg_sleep 1=1 pg_catalog pgrecall"
    " collections items_ _1 a b 0 -1 1e999 & | ! :* <-> ( ) <b> é e\u0301 İ ß \U0001f600 \U0001d7d8"
    " \u202e \ufeff \x7f \x1b[0m \0 \ud800 \udfff ') ; DROP TABLE public.canary"
).split(" ")
FRAGMENTS += ["\n", "\t", "\r", " ", " OR ", " UNION SELECT ", "'; DROP TABLE public.canary; --"]
FRAGMENTS += ["') OR ('1'='1", "x" * 64, "y" * 300, "ä" * 40]

WHOLE = ["", "'; DROP TABLE public.canary; --", "\0", "id", "metadata", "$eq", "$and", "a" * 2_100]
hostile = st.one_of(
    st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=5).map("".join),
    st.sampled_from(WHOLE),
    st.text(max_size=12),
)
scalars = hostile | st.integers() | st.floats() | st.booleans() | st.none()
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(hostile, inner, max_size=3),
    max_leaves=5,
)
metadata = st.dictionaries(hostile, values, max_size=4)
OPERATORS = (
    "eq ne in not_in gt gte lt lte between exists is_empty contains any all like ilike"
    " text_match text_match_insensitive"
).split()
fields = hostile | st.lists(hostile, min_size=1, max_size=3).map(tuple)
conditions = st.builds(Condition, fields, st.sampled_from(OPERATORS) | hostile, values)
mappings = st.dictionaries(
    hostile | st.sampled_from(["$and", "$or", "$not"]),
    values
    | st.dictionaries(st.sampled_from([f"${name}" for name in OPERATORS]), values, max_size=2),
    max_size=3,
)
filters = conditions | mappings


def mostly(valid: list[Any]) -> st.SearchStrategy[Any]:
    """Give something valid nine times of ten: what is refused early tests nothing behind it."""
    return st.integers(0, 9).flatmap(lambda roll: st.sampled_from(valid) if roll else hostile)


names = st.builds(
    Collection,
    hostile,
    st.just(DIMENSIONS),
    hostile,
    mostly([*Metric, None]),
    text_search=mostly(["english", "simple", None]),
    storage=mostly(["vector", "halfvec"]),
    fields=st.none() | st.dictionaries(hostile, mostly(KINDS), max_size=3),
    table_name=st.none() | st.none() | hostile,
)
namespaces = st.lists(hostile, max_size=3).map(tuple)
# what a model or a user of a framework writes: an operator, a key and a value each
_operands = scalars | st.lists(scalars, max_size=3)
comparisons = st.lists(
    st.tuples(st.sampled_from([*Comparator]), hostile, _operands), min_size=1, max_size=3
)
llama_filters = st.lists(
    st.tuples(st.sampled_from([*FilterOperator]), hostile, _operands), min_size=1, max_size=3
)

SECRET = "s3cr3tpiece"  # noqa: S105  # opens nothing
"""A part of every password below; no message may show it."""
passwords = st.tuples(hostile, hostile).map(SECRET.join)
_words = st.sampled_from(["app", "db.example.org", "a b", "", "1", "ä"]) | hostile


def _uri(user: str, password: str, host: str, place: str) -> list[str]:
    """Write a URI as people do: encoded, as it is, by the wrong scheme, without its host."""
    raw = f"{user}:{password}@{host}"
    user, kept = (quote(part.encode(errors="replace"), safe="") for part in (user, password))
    return [
        f"postgresql://{user}:{kept}@{host}:5432/{place}",
        f"postgres://{raw}:5432/{place}",
        f"postgresql://{raw}/{place}?sslmode=require&connect_timeout=2",
        f"postgresql+psycopg://{raw}/{place}",
        f"postgresql://{host}/{place}?user={user}&password={kept}",
        f"postgresql://{host}/{place}?user={user}&password={password}",
        # a password that began with a number or a slash would read as a port and a database
        f"postgresql://{user}:{SECRET}{kept}",
        f"postgresql://{user}:{SECRET}/{place}",
    ]


def _conninfo(user: str, password: str, host: str, place: str) -> list[str]:
    quoted = password.replace("\\", "\\\\").replace("'", "\\'")
    return [
        f"host='x' user=app password='{quoted}' dbname=db",
        f"host={host} user={user} password={password} dbname={place}",
        f"password={password}",
        f"host=x sslpassword='{quoted}' sslmode={place}",
    ]


dsns = st.one_of(
    st.tuples(_words, passwords, _words, _words).map(lambda parts: _uri(*parts)),
    st.tuples(_words, passwords, _words, _words).map(lambda parts: _conninfo(*parts)),
).flatmap(st.sampled_from)


def same(found: Any, given: Any) -> bool:
    """Compare as JSON does: 1 and 1.0 are one number."""
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same(found[key], given[key]) for key in given)
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, float):
        found = float(found)  # one above 2^53 may come back as an int
    return bool(found == given) and isinstance(found, bool) == isinstance(given, bool)
