"""Both stores, and both handles, offer the same calls with the same words."""

from __future__ import annotations

import difflib
import inspect
import pickle
import pydoc
import re
from collections.abc import Generator
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import pytest

from pgrecall import AsyncBoundCollection, AsyncStore, BoundCollection, Store

# the public contract: parameters and defaults, exactly; checks outside the project call these
CONTRACT = {
    "__init__": "(self, dsn=None, *, schema='pgrecall', min_connections=2, max_connections=10,"
    " connection_timeout=5.0, read_dsn=None, consistency='eventual',"
    " pool=None, setup=True, build_memory=None, on_search=None, search_questions=False)",
    "pool_statistics": "(self)",
    "ensure_collection": "(self, tenant, collection)",
    "adopt_collection": "(self, tenant, name, table, *, embedding_model='', metric=None,"
    " text_search='english')",
    "describe_collection": "(self, tenant, name)",
    "list_collections": "(self, tenant, *, limit=None, after=None)",
    "drop_collection": "(self, tenant, name)",
    "alter_collection": "(self, tenant, collection, *, progress=None)",
    "rename_collection": "(self, tenant, name, new)",
    "clear": "(self, tenant, collection)",
    "upsert": ("(self, tenant, collection, items, *, batch_size=5000, progress=None, clean=False)"),
    "load": "(self, tenant, collection, items, *, progress=None, clean=False, keep_times=False,"
    " build_memory=None)",
    "update": "(self, tenant, collection, changes, *, batch_size=5000, progress=None)",
    "update_where": "(self, tenant, collection, filter, *, set=None, remove=())",
    "get": "(self, tenant, collection, ids)",
    "delete": "(self, tenant, collection, ids)",
    "delete_where": "(self, tenant, collection, filter)",
    "list_items": "(self, tenant, collection, *, filter=None, limit=100, after=None,"
    " include_vectors=True, order_by=None, descending=False)",
    "facet": "(self, tenant, collection, field, *, filter=None, limit=20)",
    "field_range": "(self, tenant, collection, field, *, filter=None)",
    "describe_fields": "(self, tenant, collection, *, sample=10000)",
    "sample": "(self, tenant, collection, size=10, *, filter=None)",
    "map_collection": "(self, tenant, collection, *, color_by=None, sample=2000, filter=None,"
    " seed=0)",
    "analyze_text": "(self, tenant, collection, text=None, *, id=None, language=None)",
    "list_ids": "(self, tenant, collection)",
    "count": "(self, tenant, collection, filter=None)",
    "search_many": "(self, tenant, collection, queries, *, limit=10, offset=0, filter=None,"
    " min_score=None, group_by=None, per_group=1, boosts=(), rerank=None,"
    " rerank_candidates=50, rerank_text=None, exact=None,"
    " ef_search=None, lambda_mult=None, candidates=None, include_vectors=False,"
    " explain=False)",
    "search_near": "(self, tenant, collection, ids, *, away_from=(), limit=10, offset=0,"
    " filter=None, min_score=None, group_by=None, per_group=1, boosts=(), rerank=None,"
    " rerank_candidates=50, rerank_text=None, exact=None,"
    " ef_search=None, lambda_mult=None, candidates=None, include_vectors=False,"
    " explain=False)",
    "search": "(self, tenant, collection, query, *, limit=10, offset=0, filter=None,"
    " min_score=None, group_by=None, per_group=1, boosts=(), rerank=None,"
    " rerank_candidates=50, rerank_text=None, exact=None,"
    " ef_search=None, lambda_mult=None, candidates=None, include_vectors=False,"
    " explain=False)",
    "search_text": "(self, tenant, collection, text, *, limit=10, offset=0, filter=None,"
    " min_score=None, group_by=None, per_group=1, boosts=(), rerank=None,"
    " rerank_candidates=50, rerank_text=None, syntax='any',"
    " language=None, ranking='bm25', candidates=None, include_vectors=False, highlight=False,"
    " explain=False)",
    "search_hybrid": "(self, tenant, collection, query, text, *, limit=10, offset=0, filter=None,"
    " min_score=None, group_by=None, per_group=1, boosts=(), rerank=None,"
    " rerank_candidates=50, rerank_text=None, exact=None,"
    " ef_search=None, lambda_mult=None, syntax='any', language=None, fusion=None,"
    " candidates=None, text_candidates=None, include_vectors=False, highlight=False,"
    " explain=False)",
    "measure_recall": "(self, tenant, collection, *, k=10, sample=100, queries=None)",
    "tune": "(self, tenant, collection, *, target_recall=0.98, k=10, queries=None)",
    "create_index": "(self, tenant, collection, index, *, progress=None, build_memory=None,"
    " dry_run=False)",
    "drop_index": "(self, tenant, collection)",
    "reindex": "(self, tenant, collection, *, progress=None, build_memory=None)",
    "prewarm": "(self, tenant, collection)",
    "maintain": "(self, tenant=None, *, dry_run=False, seconds=None, progress=None)",
    "forget": "(self, tenant, *, filter=None, namespace=None, threads=(), sessions=(),"
    " dry_run=False)",
    "reembed": "(self, tenant, collection, *, to, embed, questions=None, ask_old=None,"
    " ask_new=None, accept=None, batch_size=500, progress=None)",
    "abandon_reembed": "(self, tenant, collection)",
    "evaluate": "(self, tenant, collection, questions, *, modes=('vector', 'text', 'hybrid'), k=10,"
    " embed=None, progress=None, on_answer=None)",
    "tune_fusion": "(self, tenant, collection, questions=None, *, candidates=False,"
    " title_weight=False, embed=None, reset=False, progress=None)",
    "replay": "(self, tenant, collection, *, modes=None, k=10, most=1000, since=None, embed=None,"
    " progress=None)",
    "keep_report": "(self, tenant, collection, report, name)",
    "list_reports": "(self, tenant, collection, *, kind=None)",
    "get_report": "(self, tenant, collection, report)",
    "delete_report": "(self, tenant, collection, report)",
    "bind": "(self, tenant, collection, *, expect=None)",
    "on": "(self, connection)",
    "close": "(self)",
}
RETURNS = {
    "pool_statistics": "PoolStatistics",
    "ensure_collection": "Collection",
    "adopt_collection": "Collection",
    "describe_collection": "Collection | None",
    "list_collections": "list[Collection]",
    "drop_collection": "int",
    "alter_collection": "Collection",
    "rename_collection": "Collection",
    "clear": "int",
    "upsert": "int",
    "load": "int",
    "update": "int",
    "update_where": "int",
    "get": "Rows[Item]",
    "delete": "int",
    "delete_where": "int",
    "list_items": "Rows[Item]",
    "facet": "Rows[Facet]",
    "field_range": "tuple[Any, Any] | None",
    "describe_fields": "Rows[Field]",
    "sample": "Rows[Item]",
    "map_collection": "CollectionMap",
    "analyze_text": "list[Token]",
    "list_ids": "list[str]",
    "count": "int",
    "search": "Matches",
    "search_many": "list[Matches]",
    "search_near": "Matches",
    "search_text": "Matches",
    "search_hybrid": "Matches",
    "measure_recall": "RecallReport",
    "tune": "RecallReport",
    "create_index": "list[str] | None",
    "drop_index": "None",
    "reindex": "None",
    "prewarm": "PrewarmReport",
    "maintain": "MaintenanceReport",
    "forget": "Forgotten",
    "reembed": "ReembedReport",
    "abandon_reembed": "int",
    "evaluate": "Evaluation",
    "tune_fusion": "FusionReport",
    "replay": "Replay",
    "keep_report": "KeptReport",
    "list_reports": "list[KeptReport]",
    "get_report": "KeptReport",
    "delete_report": "int",
    "close": "None",
}
NOT_AWAITED = {"__init__", "__repr__", "bind", "on", "pool_statistics"}
UNBOUND = {
    "bind",
    "close",
    "forget",
    "maintain",
    "on",
    "pool_statistics",
}  # what is of the store, not of a handle
# a description's words may differ where the thing does: pools, and what a store serves
SAME_PURPOSE = 0.85

pairs = pytest.mark.parametrize(
    ("sync", "asynchronous"),
    [(Store, AsyncStore), (BoundCollection, AsyncBoundCollection)],
    ids=["store", "handle"],
)


def calls(owner: type) -> dict[str, Any]:
    """What a class defines that can be called, under the sync names."""
    sync_names = {"__aenter__": "__enter__", "__aexit__": "__exit__"}
    return {
        sync_names.get(name, name): member
        for name, member in vars(owner).items()
        if inspect.isfunction(member)
    }


def taken_by_a_handle(verb: str) -> set[str]:
    """The arguments of a verb that a handle knows."""
    # what these two are given is a Collection, not the name of one
    given = {"collection"} if verb in {"ensure_collection", "alter_collection"} else set()
    # and this one's name is the report's
    given |= {"name"} if verb == "keep_report" else set()
    return {"tenant", "name", "collection"} - given


def properties(owner: type) -> dict[str, Any]:
    return {name: member for name, member in vars(owner).items() if isinstance(member, property)}


def words(text: str | None) -> str:
    """A docstring or annotation without the word that the pairs differ by, on one line."""
    return " ".join(re.sub(r"Async", "", text or "").split())


def shape(function: Any) -> str:
    """Parameters with their kinds and defaults, without annotations."""
    signature = inspect.signature(function)
    bare = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in signature.parameters.values()
    ]
    return str(inspect.Signature(bare))


@pairs
def test_both_define_the_same_names(sync: type, asynchronous: type) -> None:
    assert calls(sync).keys() == calls(asynchronous).keys()
    assert properties(sync).keys() == properties(asynchronous).keys()


@pairs
def test_both_take_the_same_parameters_with_the_same_types(sync: type, asynchronous: type) -> None:
    for name, member in calls(sync).items():
        other = calls(asynchronous)[name]
        assert words(str(inspect.signature(other))) == words(str(inspect.signature(member))), name


@pairs
def test_both_say_the_same_of_every_call(sync: type, asynchronous: type) -> None:
    members = {**calls(sync), **properties(sync)}
    others = {**calls(asynchronous), **properties(asynchronous)}
    for name, member in members.items():
        assert member.__doc__, name
        assert words(others[name].__doc__) == words(member.__doc__), name


@pairs
def test_both_are_described_alike(sync: type, asynchronous: type) -> None:
    ours, theirs = words(sync.__doc__).split(), words(asynchronous.__doc__).split()

    assert difflib.SequenceMatcher(None, ours, theirs).ratio() > SAME_PURPOSE


@pairs
def test_exactly_the_calls_that_do_work_are_awaited(sync: type, asynchronous: type) -> None:
    assert not any(map(inspect.iscoroutinefunction, calls(sync).values()))
    for name, member in calls(asynchronous).items():
        assert inspect.iscoroutinefunction(member) is (name not in NOT_AWAITED), name


@pytest.mark.parametrize("store", [Store, AsyncStore])
def test_the_public_calls_are_those_of_the_contract(store: type) -> None:
    public = {name for name in calls(store) if not name.startswith("_")}

    assert public == CONTRACT.keys() - {"__init__"}


@pytest.mark.parametrize("store", [Store, AsyncStore])
@pytest.mark.parametrize("name", CONTRACT)
def test_a_call_takes_what_the_contract_says(store: type, name: str) -> None:
    assert shape(calls(store)[name]) == CONTRACT[name]


@pytest.mark.parametrize("store", [Store, AsyncStore])
@pytest.mark.parametrize("name", RETURNS)
def test_a_call_gives_what_the_contract_says(store: type, name: str) -> None:
    assert inspect.signature(calls(store)[name]).return_annotation == RETURNS[name]


@pytest.mark.parametrize(
    ("store", "handle"), [(Store, BoundCollection), (AsyncStore, AsyncBoundCollection)]
)
def test_a_handle_has_the_verbs_of_its_store_without_tenant_and_collection(
    store: type, handle: type
) -> None:
    bound = {name: shape(member) for name, member in calls(handle).items() if name[0] != "_"}

    expected = {}
    for name in CONTRACT.keys() - UNBOUND - {"__init__"}:
        signature = inspect.signature(calls(store)[name])
        taken = taken_by_a_handle(name)
        kept = [
            parameter.replace(annotation=inspect.Parameter.empty)
            for parameter in signature.parameters.values()
            if parameter.name not in taken
        ]
        expected[name] = str(inspect.Signature(kept))
    assert bound == expected


@pytest.mark.parametrize(
    ("store", "handle"), [(Store, BoundCollection), (AsyncStore, AsyncBoundCollection)]
)
def test_a_handle_sends_every_argument_on_with_its_own_names(store: type, handle: Any) -> None:
    own = {"tenant": "the tenant", "name": "the collection", "collection": "the collection"}
    for name in CONTRACT.keys() - UNBOUND - {"__init__"}:
        recorder = Recorder()
        bound = handle(recorder, "the tenant", "the collection")
        unbound: Any = object.__new__(store)
        unbound._driver = recorder
        given = {key: f"the {key}" for key in parameters(getattr(bound, name))}
        wanted = parameters(getattr(unbound, name))

        finish(getattr(bound, name)(**given))
        finish(getattr(unbound, name)(**{key: {**own, **given}[key] for key in wanted}))

        by_handle, by_store = recorder.received
        assert by_handle == by_store, name
        assert {f"the {key}" for key in given} <= set(map(str, values(by_handle[1]))), name


@pytest.mark.parametrize("owner", [Store, AsyncStore, BoundCollection, AsyncBoundCollection])
def test_a_verb_is_its_class_s_own_whichever_file_has_its_text(owner: type) -> None:
    for name, verb in calls(owner).items():
        if name[0] != "_":
            assert verb.__qualname__ == f"{owner.__name__}.{name}"
            assert verb.__module__ == owner.__module__
            assert pickle.loads(pickle.dumps(verb)) is verb  # noqa: S301  # made in this line
    # what `help` and `docs.search?` show
    shown = pydoc.render_doc(owner, renderer=pydoc.plaintext)
    assert shown.index("Methods defined here") < shown.index(" search(")
    assert "Methods inherited" not in shown.split(" search(")[0]
    assert "def search(" in inspect.getsource(vars(owner)["search"])


@pytest.mark.parametrize("handle", [BoundCollection, AsyncBoundCollection])
def test_a_handle_has_no_room_for_other_attributes(handle: Any) -> None:
    assert not hasattr(handle(Recorder(), "the tenant", "the collection"), "__dict__")


@pytest.mark.parametrize("handle", [BoundCollection, AsyncBoundCollection])
def test_a_handle_imports_no_store_not_even_for_its_types(handle: type) -> None:
    text = inspect.getsource(inspect.getmodule(handle))  # type: ignore[arg-type]

    assert re.findall(r"from (pgrecall\.(?:async_)?store) import", text) == []


@pytest.mark.parametrize("handle", [BoundCollection, AsyncBoundCollection])
def test_a_handle_says_of_every_verb_what_its_store_says(handle: type) -> None:
    store = Store if handle is BoundCollection else AsyncStore
    for name, verb in calls(handle).items():
        entries = re.findall(r"^ {12}(\w+): ", str(getattr(store, name).__doc__), re.MULTILINE)
        kept = [entry for entry in entries if entry not in taken_by_a_handle(name)]
        assert re.findall(r"^ {12}(\w+): ", str(verb.__doc__), re.MULTILINE) == kept, name
        assert "``Store." not in str(verb.__doc__).split("\n", 1)[0]


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def values(arguments: Any) -> list[Any]:
    """What an operation was called with, however deep."""
    if is_dataclass(arguments) and not isinstance(arguments, type):
        arguments = {each.name: getattr(arguments, each.name) for each in fields(arguments)}
    if isinstance(arguments, dict):
        arguments = tuple(arguments.values())
    if isinstance(arguments, tuple):
        return [value for each in arguments for value in values(each)]
    return [arguments]


def finish(result: Any) -> None:
    if inspect.iscoroutine(result):
        with pytest.raises(StopIteration):
            result.send(None)


class Recorder:
    """Stands for either driver and keeps the operations that it was to run."""

    context = "the context"

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, Any]]] = []

    def run(self, operation: Generator[Any, Any, Any]) -> Any:
        given = dict(inspect.getgeneratorlocals(operation))
        # with tracing, of the operation that a span is put around
        made = given.pop("operation", operation)
        if isinstance(made, partial):  # of one that tells how far it is
            given |= {"arguments": made.args, "keywords": made.keywords}
            made = made.func
        self.received.append((made.__qualname__, given))
        return DONE


class Done:
    """A result that may be awaited."""

    def __await__(self) -> Generator[Any, Any, None]:
        yield from ()


DONE = Done()
