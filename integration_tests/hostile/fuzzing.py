"""Hostile strings in every place of a call that reaches SQL.

``python -m integration_tests.hostile.fuzzing --minutes 60`` runs it for as long as one
likes, on a server of its own, and prints how many calls it made; the tests run it for a few
seconds. A call may succeed, and must then find what it stored; or fail with an error of the
caller's. Anything else is a finding: a database error, another row, a changed canary.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from integration_tests.hostile.fuzzing_adapters import MODES, AdapterFuzz
from integration_tests.shared.folders import server_parent
from integration_tests.shared.hostile import (
    DIMENSIONS,
    comparisons,
    dsns,
    filters,
    hostile,
    llama_filters,
    metadata,
    names,
    namespaces,
    same,
    values,
)

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    InvalidArgumentError,
    Item,
    Store,
    embedded,
)
from pgrecall._adapters.pair import Pair
from pgrecall._operations.entries import entries
from pgrecall.langchain import PgRecallRecordManager
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Callable

SYNTAXES = ["any", "web", "all", "phrase", "raw"]
CANARY = "CREATE TABLE IF NOT EXISTS public.canary AS SELECT 1 AS alive"

EXPECTED = (InvalidArgumentError, CollectionNotFoundError, CollectionConflictError)
"""What a caller's mistake raises; nothing else may come."""


class Fuzz:
    """Calls with hostile strings, counted; every finding is an exception that ends the run."""

    def __init__(self, store: Store, dsn: str) -> None:
        """Make the collection that filters and queries are tried on, and the canary."""
        self.store = store
        self.pair = Pair(store)
        self.dsn = dsn
        self.calls: Counter[str] = Counter()
        self.adapters = AdapterFuzz(self.pair, dsn, self.calls)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(CANARY)
        self.docs = store.bind("fuzz", "docs")
        store.ensure_collection(
            "fuzz", Collection("docs", DIMENSIONS, fields={"a": "number", "'": "text"})
        )

    def tried(self, kind: str, call: Any, *arguments: Any, **keywords: Any) -> Any:
        """Make one call; None where it was refused as the caller's mistake."""
        try:
            result = call(*arguments, **keywords)
        except EXPECTED:
            self.calls[f"{kind}: refused"] += 1
            return None
        self.calls[f"{kind}: served"] += 1
        return result

    def collection(self, tenant: str, wanted: Collection, text: str) -> None:
        """Create a collection under hostile names, use it, and drop it again."""
        made = self.tried("ensure_collection", self.store.ensure_collection, tenant, wanted)
        if made is None:
            return
        try:
            item = Item("one", [1, 2, 3], text.replace("\0", "").encode(errors="ignore").decode())
            self.store.upsert(tenant, made.name, [item])
            assert self.store.get(tenant, made.name, ["one"])[0].text == item.text
            assert [match.id for match in self.store.search(tenant, made.name, [1, 2, 3])] == [
                "one"
            ]
            assert made.name in {found.name for found in self.store.list_collections(tenant)}
        finally:
            assert self.store.drop_collection(tenant, made.name) <= 1
        assert self.store.describe_collection(tenant, made.name) is None

    def item(self, id_: str, text: str, given: dict[str, Any]) -> None:
        """Store an item and read the same one back."""
        if self.tried("upsert", self.docs.upsert, [Item(id_, [1, 2, 3], text, given)]) is None:
            return
        [found] = self.docs.get([id_])
        assert (found.id, found.text) == (id_, text)
        assert same(found.metadata, given), (found.metadata, given)
        assert [item.id for item in self.docs.list_items(filter={"id": id_})] == [id_]
        assert self.docs.delete([id_]) == 1

    def filter(self, filter_: Any) -> None:
        """Count, search and delete by a filter; all three see the same rows."""
        number = self.tried("count", self.docs.count, filter_)
        if number is None:
            return
        assert len(self.docs.search([1, 2, 3], limit=1_000, filter=filter_)) == number
        assert len(self.docs.list_items(filter=filter_, limit=None)) == number
        self.tried("search_text by filter", self.docs.search_text, "word", filter=filter_)

    def query(self, text: str, syntax: str) -> None:
        """Search for a text in every syntax."""
        for ranking in ("bm25", "ts_rank"):
            self.tried(
                "search_text",
                self.docs.search_text,
                text,
                syntax=syntax,
                ranking=ranking,
                highlight=True,
            )
        self.tried("search_hybrid", self.docs.search_hybrid, [1, 2, 3], text)

    def entry(self, space: str, namespace: tuple[str, ...], key: str, given: Any) -> None:
        """Keep a value under a key, and find it by key, prefix and filter."""
        run, context = self.pair.run, self.pair.context
        entry = Entry(namespace, key, given)
        stored = self.tried("entry put", run, entries.put(context, "fuzz", space, [entry]))
        if stored is None:
            return
        [found] = run(entries.get(context, "fuzz", space, [(namespace, key)]))
        assert found is not None
        assert same(found.value, given)
        for prefix in (namespace, namespace[:1], ()):
            several = run(entries.find(context, "fuzz", space, prefix=prefix))
            assert key in {one.key for one in several}
        assert namespace in run(entries.namespaces(context, "fuzz", space))
        assert run(entries.delete(context, "fuzz", space, [(namespace, key)])) == 1

    def record(self, namespace: str, key: str, group: str) -> None:
        """Note a record and find it again."""
        try:
            manager = PgRecallRecordManager(namespace, store=self.pair, tenant="fuzz")
            manager.update([key], group_ids=[group])
        except ValueError:  # InvalidArgumentError is one
            self.calls["record: refused"] += 1
            return
        self.calls["record: served"] += 1
        assert manager.exists([key]) == [True]
        assert manager.list_keys(group_ids=[group]) == [key]
        manager.delete_keys([key])
        assert manager.list_keys() == []

    def alive(self) -> bool:
        """Tell whether the canary lives, and no other table came."""
        with psycopg.connect(self.dsn) as connection:
            [row] = connection.execute(
                "SELECT (SELECT alive FROM public.canary), (SELECT count(*) FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'pgrecall'))"
            ).fetchall()
        return row == (1, 1)


def rounds(fuzz: Fuzz) -> list[tuple[Callable[..., None], list[Any], int]]:
    """Give what is called with which strings, and how many times more than it costs."""
    adapters = fuzz.adapters
    joined = st.sampled_from(["and", "or", "not"])
    return [
        # creating and dropping a table costs as much as fifty filters
        (fuzz.collection, [hostile, names, hostile], 20),
        (fuzz.item, [hostile, hostile, metadata], 1),
        (fuzz.filter, [filters], 1),
        (fuzz.query, [hostile, st.sampled_from(SYNTAXES)], 1),
        (fuzz.entry, [hostile, namespaces, hostile, values], 1),
        (fuzz.record, [hostile, hostile, hostile], 2),
        (adapters.document, [hostile, hostile, metadata], 2),
        (adapters.langchain, [hostile, filters], 1),
        (adapters.structured, [hostile, comparisons, joined], 1),
        (adapters.kept, [hostile, hostile, metadata], 1),
        (adapters.node, [hostile, hostile, metadata], 2),
        (
            adapters.llama_index,
            [hostile, llama_filters, joined, st.sampled_from(MODES), st.lists(hostile)],
            1,
        ),
        (adapters.langgraph, [namespaces, hostile, metadata, hostile, metadata | filters], 1),
        (adapters.schema, [hostile], 50),
        (adapters.connection, [dsns], 2),
    ]


def _spread(call: Callable[..., None]) -> Callable[[tuple[Any, ...]], None]:
    def fuzzed(arguments: tuple[Any, ...]) -> None:
        call(*arguments)

    return fuzzed


def run(fuzz: Fuzz, seconds: float, examples: int = 100) -> None:
    """Go on for that long; each round has a seed of its own, which a finding prints."""
    quiet = settings(
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    fuzz.docs.upsert(
        [Item(f"{n}", [n + 1, 2, 3], f"word {n}", {"a": n, "'": f"{n}"}) for n in range(20)]
    )
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        number = random.randrange(2**32)  # noqa: S311  # a seed is no secret
        for call, strategies, cost in rounds(fuzz):
            effort = settings(quiet, max_examples=max(1, examples // cost))
            seed(number)(effort(given(st.tuples(*strategies))(_spread(call))))()
        assert fuzz.alive()


def main() -> None:
    """Run on a server of its own and print the calls made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    folder = server_parent()
    dsn = embedded.start(folder / "data")
    try:
        with Store(dsn) as store:
            fuzz = Fuzz(store, dsn)
            run(fuzz, 60 * minutes)
        sys.stdout.write(json.dumps(dict(fuzz.calls), indent=1) + "\n")
        total = sum(fuzz.calls.values())
        sys.stdout.write(f"{total:,} calls in {minutes:g} minutes, no finding\n")
    finally:
        embedded.stop(folder / "data")
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
