"""LangChain's VectorStore on PostgreSQL and pgvector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._adapters.collection import model_of
from pgrecall._adapters.query import checked_search
from pgrecall._operations.search.checks import checked_fusion
from pgrecall._values.said import UNSAID
from pgrecall.langchain._async_making import AsyncMakeMixin
from pgrecall.langchain._async_searching import AsyncSearchMixin
from pgrecall.langchain._making import MakeMixin
from pgrecall.langchain._searching import SearchMixin
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from langchain_core.embeddings import Embeddings

    from pgrecall.async_store import AsyncStore
    from pgrecall.fusion import Fusion
    from pgrecall.indexes import Hot, Index, TextIndex
    from pgrecall.languages import ByField
    from pgrecall.models import Metric
    from pgrecall.store import Store


class PgRecallVectorStore(MakeMixin, AsyncMakeMixin, SearchMixin, AsyncSearchMixin):
    """Documents in a collection of pgrecall, for sync and async callers alike.

    One object serves any number of threads and event loops. The first write creates the collection,
    of the embedding's dimensions; until then every search finds nothing.

    Every search takes ``k`` (documents at most), ``filter`` (a mapping such as
    ``{"page": {"$gte": 5}}``, or ``Condition``, ``And``, ``Or``, ``Not``; every key is one of the
    metadata, ``"id"`` too), applied before ranking, and these keyword arguments, any other being
    refused:

    - ``search``: ``"vector"``, ``"hybrid"`` or ``"text"`` in place of the store's own. A search by
      text alone calls no embedding.
    - of every search ``offset``, ``min_score``, ``group_by``, ``per_group``, ``boosts``,
      ``candidates``, ``rerank`` and ``rerank_candidates`` (it is given the question, or
      ``rerank_text``, which a search by an embedding needs); where vectors are compared ``exact``,
      ``ef_search`` and ``lambda_mult``; where words are searched ``syntax`` and ``language``, of
      text searches ``ranking``, of hybrid ones ``fusion`` and ``text_candidates``: each as the
      core's ``search``, ``search_hybrid`` and ``search_text`` have it. With ``group_by`` ``k``
      counts groups.

    Scores are the core's: **higher is closer**, whatever is searched, where other stores give a
    distance.

    Args:
        embedding: What documents and questions go through.
        collection: The collection's name; any string.
        tenant: Whose collection it is: tenants never see one another.
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        search: What a search looks at unless it says so itself.
        metric: ``cosine`` (where None at creation), ``l2``, ``ip`` or ``l1``. Of this argument and
            the next six, what is not given has ``Collection``'s default in a collection that is
            created here, and asks for nothing of one that is there; what is given and differs
            raises ``CollectionConflictError`` at the first use, a default too.
        index: ``Hnsw(...)``, ``IvfFlat(...)`` or None: every search compares with every document
            then. For a collection that is created here; ``store.create_index`` changes it.
        fields: Metadata keys that get an index of their own: ``{"page": "number"}``.
        storage: ``"vector"`` or ``"halfvec"``; ``"vector"`` where not given at creation.
        text_search: The text search configuration, several by a metadata key
            (``ByField("lang", {"de": "german"})``), or None for texts that are not searched;
            ``"english"`` where not given at creation.
        title: A metadata key whose words are searched beside the text and count four times as much,
            as ``Collection`` has it; none where not given at creation.
        text_index: ``Bm25()``, or None: whether an extension's index chooses which texts are
            ranked, as ``Collection`` has it; None where not given at creation.
        fusion: How hybrid searches make one ranking of two; None is what
            ``tune_fusion`` has learned of the collection, or ``WeightedSum()``.
        embedding_model: Name of the model, kept with the collection as a guard against mixing two.
            None takes the embedding's ``model``, ``model_name`` or the like, where it has one;
            ``""`` guards nothing.
        clean: Take NUL and lone surrogates, which PostgreSQL cannot store and PDFs bring, out of
            the texts and the metadata's keys and strings that are added; ids are left as they are.
            Without it such a document is refused.

    A pickle holds how to connect, the DSN with its password included, and no connection; on a pool
    of the caller's it raises ``TypeError``. A copy shares the connections.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        embedding: Embeddings,
        collection: str = "docs",
        tenant: str = "default",
        store: Store | AsyncStore | str | None = None,
        search: str = "vector",
        *,
        metric: Metric | str | None = None,
        index: Index | None = UNSAID,
        fields: Mapping[str, str | Hot] | None = UNSAID,
        storage: str = UNSAID,
        text_search: str | ByField | None = UNSAID,
        title: str | None = UNSAID,
        text_index: TextIndex | None = UNSAID,
        fusion: Fusion | None = None,
        embedding_model: str | None = None,
        clean: bool = False,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        kind, fusion = checked_search(search), checked_fusion(fusion)
        wanted = Collection(
            collection,
            embedding_model=(
                (model_of(embedding) if embedding_model is None else embedding_model) or UNSAID
            ),
            metric=metric,
            index=index,
            fields=fields,
            storage=storage,
            text_search=text_search,
            title=title,
            text_index=text_index,
        )
        super().__init__(embedding, store, tenant, wanted, search=kind, fusion=fusion, clean=clean)
