"""A constructor that users of llama-index-vector-stores-postgres know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from llama_index.core.vector_stores.types import BasePydanticVectorStore

from pgrecall._adapters.pair import Pair
from pgrecall._values.said import UNSAID
from pgrecall.llama_index import _parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pgrecall.languages import ByField


class FromParamsMixin(BasePydanticVectorStore):
    """What the vector store is based on, for the sake of ``from_params`` alone."""

    @classmethod
    def from_params(
        cls,
        *,
        host: str | None = None,
        port: str | int | None = None,
        database: str | None = None,
        user: str | None = None,
        password: str | None = None,
        table_name: str = "docs",
        schema_name: str = "pgrecall",
        connection_string: object = None,
        async_connection_string: object = None,  # noqa: ARG003  # one serves both here
        hybrid_search: bool = UNSAID,
        text_search_config: str | ByField = UNSAID,
        embed_dim: int | None = None,
        cache_ok: bool = False,  # noqa: ARG003  # SQLAlchemy's
        perform_setup: bool = True,
        debug: bool = False,  # noqa: ARG003  # SQLAlchemy's
        use_jsonb: bool = True,  # noqa: ARG003  # metadata is always jsonb
        hnsw_kwargs: Mapping[str, Any] | None = None,
        use_halfvec: bool = UNSAID,
        indexed_metadata_keys: Iterable[tuple[str, str]] | None = None,
        tenant: str = "default",
        **options: Any,
    ) -> Self:
        """Make a store of what ``PGVectorStore.from_params`` takes.

        What is not given asks for nothing of a collection that is there; what is given and differs
        from it raises ``CollectionConflictError`` at the first use.

        Args:
            host: As libpq knows it, as the next four: any characters, and what is None comes from
                libpq's own variables.
            port: See ``host``.
            database: See ``host``.
            user: See ``host``.
            password: See ``host``.
            table_name: The collection's name; its table is pgrecall's to name.
            schema_name: The schema that holds the registry and the tables.
            connection_string: A libpq URI or conninfo, or SQLAlchemy's, in place of the five.
            async_connection_string: Not used: the same connection string serves async calls.
            hybrid_search: False leaves text search out: no text index, no search by text.
            text_search_config: The text search configuration; ``english`` where not given and
                ``hybrid_search`` is True or a collection is created.
            embed_dim: Numbers in an embedding; the first node added tells where None.
            cache_ok: Not used.
            perform_setup: False runs no DDL, for a role that may not.
            debug: Not used.
            use_jsonb: Not used.
            hnsw_kwargs: ``hnsw_m``, ``hnsw_ef_construction``, ``hnsw_ef_search`` and
                ``hnsw_dist_method``; None makes no index.
            use_halfvec: Whether embeddings are kept in two bytes a number; False where not given
                at creation.
            indexed_metadata_keys: Pairs of a metadata key and its SQL type.
            tenant: The tenant.
            **options: Whatever else the class takes.

        Raises:
            InvalidArgumentError: An argument cannot be used.
        """
        dsn = _parameters.dsn(connection_string, host, port, database, user, password)
        arguments: dict[str, Any] = {
            "store": Pair.of({"dsn": dsn, "schema": schema_name, "setup": perform_setup}),
            "collection": table_name,
            "tenant": tenant,
            "embed_dim": embed_dim,
            "fields": _parameters.declared_fields(indexed_metadata_keys),
            "storage": _parameters.storage(use_halfvec),
            "text_search": _parameters.text_search(hybrid_search, text_search_config),
        }
        return cls(**arguments | _parameters.hnsw(hnsw_kwargs) | options)
