"""Hostile strings in every place of a call that reaches SQL.

``python -m integration_tests.fuzzing --minutes 60`` runs it for as long as one likes, on a server
of its own, and prints how many calls it made; the tests run it for a few seconds. A call may
succeed, and must then find what it stored; or fail with an error of the caller's. Anything else is
a finding: a database error, another row, a changed canary.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from pgrecall import (
    Collection,
    CollectionConflictError,
    CollectionNotFoundError,
    Condition,
    InvalidArgumentError,
    Item,
    Metric,
    Store,
    embedded,
)
from pgrecall._operations import entries
from pgrecall._pair import Pair
from pgrecall.langchain import PgRecallRecordManager
from pgrecall.models import Entry

DIMENSIONS = 3
CANARY = "CREATE TABLE IF NOT EXISTS public.canary AS SELECT 1 AS alive"

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
    fields=st.none() | st.dictionaries(hostile, mostly(["number", "text"]), max_size=3),
    table_name=st.none() | st.none() | hostile,
)
namespaces = st.lists(hostile, max_size=3).map(tuple)
SYNTAXES = ["any", "web", "all", "phrase", "raw"]

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
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(CANARY)  # type: ignore[arg-type]  # fixed words
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


def same(found: Any, given: Any) -> bool:
    """Compare as JSON does: 1 and 1.0 are one number."""
    if isinstance(given, dict):
        return found.keys() == given.keys() and all(same(found[key], given[key]) for key in given)
    if isinstance(given, list):
        return len(found) == len(given) and all(map(same, found, given))
    if isinstance(given, float):
        found = float(found)  # one above 2^53 may come back as an int
    return bool(found == given) and isinstance(found, bool) == isinstance(given, bool)


def run(fuzz: Fuzz, seconds: float, examples: int = 500) -> None:
    """Go on for that long; each round has a seed of its own, which a finding prints."""
    quiet = settings(
        max_examples=examples,
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

        # creating and dropping a table costs as much as fifty filters
        @seed(number)
        @settings(quiet, max_examples=max(1, examples // 20))
        @given(hostile, names, hostile)
        def collections(tenant: str, wanted: Collection, text: str) -> None:
            fuzz.collection(tenant, wanted, text)

        @seed(number)
        @quiet
        @given(hostile, hostile, metadata, filters, hostile, st.sampled_from(SYNTAXES))
        def calls(
            id_: str, text: str, given_: dict[str, Any], filter_: Any, query: str, syntax: str
        ) -> None:
            fuzz.item(id_, text, given_)
            fuzz.filter(filter_)
            fuzz.query(query, syntax)

        @seed(number)
        @quiet
        @given(hostile, namespaces, hostile, values, hostile)
        def kept(space: str, namespace: tuple[str, ...], key: str, value: Any, group: str) -> None:
            fuzz.entry(space, namespace, key, value)
            fuzz.record(space, key, group)

        collections()
        calls()
        kept()
        assert fuzz.alive()


def main() -> None:
    """Run on a server of its own and print the calls made."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    minutes = parser.parse_args().minutes
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-fuzz-", dir="/var/tmp"))
    folder.chmod(0o755)
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
