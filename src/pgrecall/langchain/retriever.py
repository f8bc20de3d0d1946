"""A retriever with every kind of search of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from langchain_core.retrievers import BaseRetriever
from pydantic import ValidationInfo, field_validator, model_validator

from pgrecall._operations.search.checks import checked_limit
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Rrf, WeightedSum  # noqa: TC001  # pydantic reads the fields' types
from pgrecall.langchain._queries import PASSENGERS, check_known, checked_filter
from pgrecall.langchain.vector_store import PgRecallVectorStore  # noqa: TC001  # the same

if TYPE_CHECKING:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import LangSmithRetrieverParams

_FIELDS = ("k", "search", "filter", "fusion", "score_threshold", "fetch_k", "lambda_mult")
_DIVERSE = ("fetch_k", "lambda_mult")


class PgRecallRetriever(BaseRetriever):
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
    """

    vector_store: PgRecallVectorStore
    k: int = 4
    search: Literal["vector", "hybrid", "text", "mmr"] | None = None
    filter: Any = None
    fusion: WeightedSum | Rrf | None = None
    score_threshold: float | None = None
    fetch_k: int | None = None
    lambda_mult: float | None = None

    @field_validator("k", "fetch_k", mode="before")
    @classmethod
    def _whole(cls, value: object, info: ValidationInfo) -> int | None:
        # pydantic would take True for 1
        return None if value is None else checked_limit(value, str(info.field_name))

    @model_validator(mode="after")
    def _check(self) -> Self:
        checked_filter(self.filter)
        self._call({})
        return self

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002  # the base passes it
        **kwargs: Any,
    ) -> list[Document]:
        method, arguments = self._call(kwargs)
        return _documents(getattr(self.vector_store, method)(query, **arguments))

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,  # noqa: ARG002  # the base passes it
        **kwargs: Any,
    ) -> list[Document]:
        method, arguments = self._call(kwargs)
        return _documents(await getattr(self.vector_store, f"a{method}")(query, **arguments))

    def _get_ls_params(self, **kwargs: Any) -> LangSmithRetrieverParams:
        found = super()._get_ls_params(**kwargs)
        found["ls_vector_store_provider"] = type(self.vector_store).__name__
        found["ls_embedding_provider"] = type(self.vector_store.embeddings).__name__
        return found

    def _call(self, kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Choose the vector store's method, and what to call it with."""
        given = {name: value for name, value in kwargs.items() if name not in PASSENGERS}
        check_known(given, frozenset(_FIELDS))
        asked = {name: getattr(self, name) for name in _FIELDS} | given
        arguments = {name: value for name, value in asked.items() if value is not None}
        search = arguments.get("search")
        if search == "mmr" or any(name in arguments for name in _DIVERSE):
            return "max_marginal_relevance_search", _for_diverse(arguments)
        if "score_threshold" in arguments:
            return "similarity_search_with_relevance_scores", arguments
        return "similarity_search", arguments


def _for_diverse(arguments: dict[str, Any]) -> dict[str, Any]:
    search = arguments.pop("search", "mmr")
    if search not in ("mmr", "vector"):
        msg = f'fetch_k and lambda_mult belong to search="mmr"; this search is "{search}"'
        raise InvalidArgumentError(msg)
    for name in ("score_threshold", "fusion"):
        if name in arguments:
            msg = f'{name} cannot be used with search="mmr"'
            raise InvalidArgumentError(msg)
    return arguments


def _documents(found: list[Any]) -> list[Document]:
    return [one[0] if isinstance(one, tuple) else one for one in found]
