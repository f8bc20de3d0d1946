"""What is asked of a table that is to be adopted, among the golden cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.adopted import beneath, catalog, indexing, looking, upkeep
from pgrecall._statements.adopted.adopted import Adopted
from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._statements.collections import registry
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from unit_tests.statements.golden_search import Make

SCOPE = sql.SQL(" AND t.account_id = 7")
TABLE = Adopted(
    "public",
    "Articles",
    16_700,
    "table",
    id=(TableColumn("account_id", "bigint", "integer"), TableColumn("slug", "text", "text")),
    vector=TableColumn("embedding", "public.vector", "vector"),
    where='{"account_id": {"$eq": 7}}',
    scope=(TableColumn("account_id", "bigint", "integer"),),
)

ADOPTING: dict[str, Make] = {
    "adopted-describe": lambda _: catalog.describe("pgrecall", "public.articles"),
    "adopted-near": lambda _: looking.near("pgrecall", "public.artikles"),
    "adopted-locked": lambda _: looking.locked(TABLE),
    "adopted-ids": lambda _: [
        looking.lacking_id(TABLE, SCOPE),
        looking.repeated_id(TABLE, SCOPE),
    ],
    "adopted-lengths": lambda _: [
        looking.lengths(TABLE, "embedding", SCOPE, vector_schema="public"),
        looking.lengths(TABLE, "embedding", SCOPE, vector_schema=None),
    ],
    "adopted-registered": lambda stored: [
        registry.insert(
            "pgrecall", "acme", stored.collection, "items_acme_docs", source=TABLE.to_json()
        ),
        looking.mark(stored),
        looking.others_of(stored, TABLE),
        looking.renew(stored, TABLE),
    ],
    "adopted-upkeep": lambda stored: [
        indexing.ground(stored, Hnsw(quantization="half")),
        indexing.partitions(stored),
        indexing.run("DROP INDEX CONCURRENTLY public.articles_embedding_hnsw"),
        upkeep.is_kept(stored),
    ],
    "adopted-beneath": lambda stored: [
        beneath.explained(stored, Hnsw(quantization="half")),
        beneath.settings(["enable_seqscan"]),
        beneath.index("public", "articles_embedding_hnsw"),
    ],
    "adopted-asked": lambda _: [
        looking.named(TABLE.oid),
        looking.is_spread(TABLE.oid),
        looking.widths(TABLE.oid),
        looking.are_one_configuration("english", ["public.mine"]),
    ],
}
