"""The LlamaIndex vector store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llama_index.core.bridge.pydantic import BaseModel, PrivateAttr

from pgrecall._adapters.collection import AdapterCollection
from pgrecall._values.said import UNSAID
from pgrecall.llama_index._async_node_methods import AsyncNodeMixin
from pgrecall.llama_index._filters import SOURCE_KEY
from pgrecall.llama_index._from_params import FromParamsMixin
from pgrecall.llama_index._node_methods import NodeMixin
from pgrecall.llama_index._node_operations import NodeOperations
from pgrecall.llama_index._queries import QueryDefaults
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._adapters.pair import Pair
    from pgrecall.async_store import AsyncStore
    from pgrecall.indexes import Hot, Index, TextIndex
    from pgrecall.languages import ByField
    from pgrecall.store import Store


class PgRecallVectorStore(NodeMixin, AsyncNodeMixin, FromParamsMixin):
    """Nodes in a collection of pgrecall, for sync and async callers alike.

    One object serves any number of threads and event loops. The collection is made when the first
    nodes are added; until then a read finds nothing. It can be pickled: the pickle carries the DSN
    with its password; ``repr``, ``model_dump`` and ``to_dict`` do not.

    Query modes are ``default``, ``sparse`` and ``text_search`` (BM25, no embedding needed),
    ``hybrid`` and ``mmr``. Similarities are higher for closer nodes: under cosine the cosine
    similarity, -1 to 1, in ``default`` and ``mmr`` (for other metrics see ``pgrecall.Metric``);
    0 to 1 in the others, ``bm25 / (bm25 + 12)`` by text.

    In ``hybrid``, ``alpha`` weighs the vectors: 0 is text alone, 1 vectors alone, None the store's
    ``fusion``. ``hybrid_top_k or similarity_top_k`` nodes come back. Each arm brings 100 candidates
    (more where more are wanted), which ranks better than few; ``sparse_top_k`` says how many the
    text arm brings. At ``alpha=0`` the scores are those of ``text_search``, on a scale of their
    own: choose another cut-off there.

    A ``VectorStoreIndex`` that was built from nodes lists its ``IndexNode`` and ``ImageNode`` ids,
    and its retriever asks for no others: where both these and text nodes were indexed, make the
    retriever from ``VectorStoreIndex.from_vector_store(store)``, which lists none.

    Args:
        store: A ``pgrecall.Store`` or ``AsyncStore`` of the caller's, who closes it, or a DSN as
            ``Store`` takes it. None is ``Store``'s default.
        collection: The collection's name.
        tenant: The tenant: no store sees another tenant's nodes.
        embed_dim: Numbers in an embedding; the first node added tells where None.
        metric: How embeddings are compared: ``cosine`` (where None at creation), ``l2``, ``ip``
            or ``l1``. Of this argument and the next five, what is not given has ``Collection``'s
            default in a collection that is created here, and asks for nothing of one that is
            there; what is given and differs raises ``CollectionConflictError`` at the first use,
            a default too.
        index: The approximate index to create the collection with; without one every search is
            exact. ``client.create_index`` builds one later.
        fields: Metadata keys with an index of their own, ``"number"``, ``"text"`` or
            ``Hot("text")`` each. The id of a node's source, ``ref_doc_id``, always has one.
        storage: ``vector`` or ``halfvec``; ``vector`` where not given at creation.
        text_search: The text search configuration, or several by a metadata key
            (``ByField("lang", {"de": "german"})``); None for a collection without text search;
            ``english`` where not given at creation.
        title: A metadata key whose words are searched beside the text and count four times as much,
            as ``Collection`` has it; none where not given at creation.
        text_index: ``Bm25()``, or None: whether an extension's index chooses which texts are
            ranked, as ``Collection`` has it.
        embedding_model: Name of the embedding model: a guard against mixing two.
        clean: Take NUL and lone surrogates, which PostgreSQL cannot store and PDFs bring, out of
            the texts and the metadata's keys and strings of nodes that are added; ids are left as
            they are. Without it such a node is refused.
        **defaults: What a query leaves open, each also a keyword of ``query``: ``exact``,
            ``ef_search``, ``fusion``, ``candidates``, ``language``, ``offset``, ``min_score``,
            ``group_by`` (``"ref_doc_id"`` for a node's source), ``per_group``, ``boosts``,
            ``rerank`` (a function of ``query_str`` and a list of texts that gives a number for
            each, which are the similarities then, -inf where there is no text) and
            ``rerank_candidates``,
            ``mmr_threshold`` (0.5), ``mmr_prefetch_factor`` (4), ``mmr_prefetch_k``, and
            ``arm_scores``: True notes each arm's rank and score in a node's metadata under
            ``_scores``, hidden from models.

    Raises:
        InvalidArgumentError: An argument cannot be used.
        TypeError: A keyword is unknown.
    """

    stores_text: bool = True
    is_embedding_query: bool = True
    flat_metadata: bool = False
    collection: str
    tenant: str
    embed_dim: int | None = None

    _pair: Pair = PrivateAttr()
    _collection: AdapterCollection = PrivateAttr()
    _operations: NodeOperations = PrivateAttr()

    def __init__(
        self,
        store: Pair | Store | AsyncStore | str | None = None,
        collection: str = "docs",
        tenant: str = "default",
        embed_dim: int | None = None,
        *,
        metric: str | None = None,
        index: Index | None = UNSAID,
        fields: Mapping[str, str | Hot] | None = UNSAID,
        storage: str = UNSAID,
        text_search: str | ByField | None = UNSAID,
        title: str | None = UNSAID,
        text_index: TextIndex | None = UNSAID,
        embedding_model: str = UNSAID,
        clean: bool = False,
        **defaults: Any,
    ) -> None:
        """Connect to nothing yet."""
        # what to_dict wrote, for from_dict
        for name in ("stores_text", "is_embedding_query", "flat_metadata", "class_name"):
            defaults.pop(name, None)
        created = Collection(
            collection,
            embed_dim,
            embedding_model,
            metric,
            index=index,
            storage=storage,
            text_search=text_search,
            title=title,
            text_index=text_index,
            fields={**({} if fields is UNSAID else fields or {}), SOURCE_KEY: "text"},
        )
        # a collection that is there keeps its fields where the caller says nothing of them
        wanted = replace(created, fields=UNSAID) if fields is UNSAID else created
        of_collection = AdapterCollection(store, tenant, wanted, created=created)
        operations = NodeOperations(of_collection, QueryDefaults().updated(defaults), clean)
        super().__init__(collection=collection, tenant=tenant, embed_dim=embed_dim)  # type: ignore[call-arg]  # the fields above
        self._pair = of_collection.pair
        self._collection, self._operations = of_collection, operations

    @classmethod
    def class_name(cls) -> str:
        """Name the class in what LlamaIndex serialises."""
        return "PgRecallVectorStore"

    @property
    def client(self) -> Store:
        """The core's store, for what LlamaIndex has no word for: indexes, recall, other verbs."""
        return self._pair.store

    @property
    def store(self) -> Store:
        """The same under the name that pgrecall's other adapters give it."""
        return self._pair.store

    def __getstate__(self) -> dict[str, Any]:
        """Keep the connection's DSN, password included; LlamaIndex would drop it unseen."""
        return BaseModel.__getstate__(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over what was pickled."""
        BaseModel.__setstate__(self, state)

    def persist(self, persist_path: str, fs: Any = None) -> None:
        """Do nothing: PostgreSQL keeps the nodes."""
