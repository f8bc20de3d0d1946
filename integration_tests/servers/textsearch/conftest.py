"""A database with pg_textsearch, a store in it, and the same texts with its index and without."""

from __future__ import annotations

import os
import random
import uuid
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import Calls
from psycopg import sql

from pgrecall import AsyncStore, Bm25, Collection, Item, Store
from pgrecall._statements.search import bm25, textsearch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

# of letters alone, and no two alike to a stemmer
WORDS = ["".join("abcdefghij"[int(digit)] for digit in f"{n:03d}") + "x" for n in range(300)]
PLAIN, INDEXED = "plain", "indexed"
ROWS = 600

NEEDS_TEXTSEARCH = [
    pytest.mark.textsearch,
    pytest.mark.skipif(
        "PGRECALL_TEST_TEXTSEARCH_DSN" not in os.environ,
        reason="PGRECALL_TEST_TEXTSEARCH_DSN names no database with pg_textsearch",
    ),
]


def items(rows: int = ROWS) -> list[Item]:
    """Texts whose words are as rare as words are: the first is in every second text."""
    chosen = random.Random(7)  # noqa: S311  # the same texts each time
    made = []
    for n in range(rows):
        length = chosen.choice([3, 5, 8, 30])
        words = [WORDS[min(299, int(chosen.paretovariate(0.6)) - 1)] for _ in range(length)]
        metadata = {"n": n, "odd": n % 2, "rare": n % 50, "title": chosen.choice(WORDS[:20])}
        made.append(Item(f"i{n:04d}", [1.0, n / rows], " ".join(words), metadata))
    return made


@pytest.fixture(scope="module", autouse=True)
def small() -> Iterator[None]:
    """Let the index be asked for words that few rows hold: where those would all be ranked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bm25, "BUDGET", 1)
        patch.setattr(textsearch, "WORTH", 0)
        yield


@pytest.fixture(scope="module")
def dsn() -> str:
    return os.environ["PGRECALL_TEST_TEXTSEARCH_DSN"]


@pytest.fixture(scope="module")
def schema(dsn: str) -> Iterator[str]:
    name = f'pgrecall "{uuid.uuid4().hex[:8]}.x"'
    yield name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def sync_store(dsn: str, schema: str) -> Iterator[Store]:
    with Store(dsn, schema=schema) as store:
        yield store


@pytest.fixture
def one_store(sync_store: Store) -> Calls:
    return Calls(sync_store)


@pytest.fixture(params=["sync", "async"])
async def store(request, dsn: str, schema: str, sync_store: Store) -> AsyncIterator[Any]:
    """Either store, called with ``await``."""
    if request.param == "sync":
        yield Calls(sync_store)
    else:
        async with AsyncStore(dsn, schema=schema) as made:
            yield made


@pytest.fixture(scope="module", params=[None, "title"])
def filled(request: pytest.FixtureRequest, sync_store: Store, dsn: str) -> str:
    """A tenant with the same texts in a collection with the index and in one without: read only."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    for name, text_index in ((PLAIN, None), (INDEXED, Bm25())):
        wanted = Collection(
            name, 2, text_search="simple", title=request.param, text_index=text_index
        )
        sync_store.ensure_collection(tenant, wanted)
        sync_store.load(tenant, name, items())
        made = sync_store.describe_collection(tenant, name)
        with psycopg.connect(dsn, autocommit=True) as connection:  # else rows are guessed by size
            connection.execute(sql.SQL("ANALYZE {}").format(sql.SQL(made.table_name)))
    return tenant
