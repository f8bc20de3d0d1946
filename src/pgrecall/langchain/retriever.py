"""A retriever with every kind of search of the store."""

from __future__ import annotations

from pgrecall.langchain._async_retrieving import AsyncRetrieveMixin
from pgrecall.langchain._retrieving import RetrieveMixin


class PgRecallRetriever(RetrieveMixin, AsyncRetrieveMixin):
    """Find documents by vectors, by words, by both, or by maximal marginal relevance.

    ``invoke(question, k=3)`` and the like override a field for one call.

    Attributes:
        vector_store: Where to search.
        k: Documents at most.
        search: ``"vector"``, ``"hybrid"``, ``"text"``, or ``"mmr"`` for maximal marginal relevance
            by vectors; None is the vector store's own.
        filter: A mapping or a filter of pgrecall: which documents to rank.
        fusion: How a hybrid search makes one ranking of two.
        score_threshold: Least relevance, 0 to 1, of the documents to give; no limit where None.
        fetch_k: Nearest documents that maximal marginal relevance chooses from; 20 where None.
            Setting it or ``lambda_mult`` asks for ``"mmr"``.
        lambda_mult: 1 for relevance alone, 0 for novelty alone; 0.5 where None.
        offset: Documents, or groups, to leave out at the beginning.
        min_score: Least score, as the core has it, of the documents to give.
        group_by: A key of the metadata, or a path: ``k`` counts its values, 300 chunks of one file
            as one.
        per_group: Documents of each group at most; 1 where None.
        boosts: ``Decay`` and ``Boost`` values, which multiply the relevance.
        rerank: A function of the question and a list of texts that gives a number for each, by
            which the best ``rerank_candidates`` are put in order. A LangChain compressor does that
            after a retriever: the page on LangChain shows both.
        rerank_candidates: As many as ``k`` at least; 50 where None.
    """
