"""What a retriever is asked: its fields, checked, and what a call has in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

from langchain_core.retrievers import BaseRetriever
from pydantic import ValidationInfo, field_validator, model_validator

from pgrecall._operations.search.checks import checked_limit, checked_rerank
from pgrecall.errors import InvalidArgumentError
from pgrecall.fusion import Rrf, WeightedSum  # noqa: TC001  # pydantic reads the fields' types
from pgrecall.langchain._queries import PASSENGERS, check_known, checked_filter
from pgrecall.langchain.vector_store import PgRecallVectorStore  # noqa: TC001  # the same

if TYPE_CHECKING:
    from langchain_core.retrievers import LangSmithRetrieverParams

_STAGES = (
    "offset",
    "min_score",
    "group_by",
    "per_group",
    "boosts",
    "rerank",
    "rerank_candidates",
)
_FIELDS = (
    "k",
    "search",
    "filter",
    "fusion",
    "score_threshold",
    "fetch_k",
    "lambda_mult",
    *_STAGES,
)
_DIVERSE = ("fetch_k", "lambda_mult")


class RetrieverBase(BaseRetriever):
    """The fields of ``PgRecallRetriever``."""

    vector_store: PgRecallVectorStore
    k: int = 4
    search: Literal["vector", "hybrid", "text", "mmr"] | None = None
    filter: Any = None
    fusion: WeightedSum | Rrf | None = None
    score_threshold: float | None = None
    fetch_k: int | None = None
    lambda_mult: float | None = None
    offset: int | None = None
    min_score: float | None = None
    group_by: Any = None
    per_group: int | None = None
    boosts: Any = None
    rerank: Any = None
    rerank_candidates: int | None = None

    @field_validator("k", "fetch_k", "rerank_candidates", mode="before")
    @classmethod
    def _whole(cls, value: object, info: ValidationInfo) -> int | None:
        # pydantic would take True for 1
        return None if value is None else checked_limit(value, str(info.field_name))

    @model_validator(mode="after")
    def _check(self) -> Self:
        checked_filter(self.filter)
        checked_rerank(self.rerank)
        self._call({})
        return self

    def _get_ls_params(self, **kwargs: Any) -> LangSmithRetrieverParams:
        found = super()._get_ls_params(**kwargs)
        found["ls_vector_store_provider"] = type(self.vector_store).__name__
        found["ls_embedding_provider"] = type(self.vector_store.embeddings).__name__
        return found

    def _call(self, kwargs: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Choose what a call searches for: ``mmr``, ``relevance`` or ``any``, and its arguments."""
        given = {name: value for name, value in kwargs.items() if name not in PASSENGERS}
        check_known(given, frozenset(_FIELDS))
        asked = {name: getattr(self, name) for name in _FIELDS} | given
        arguments = {name: value for name, value in asked.items() if value is not None}
        if arguments.get("search") == "mmr" or any(name in arguments for name in _DIVERSE):
            return "mmr", _for_diverse(arguments)
        return "relevance" if "score_threshold" in arguments else "any", arguments


def _for_diverse(arguments: dict[str, Any]) -> dict[str, Any]:
    search = arguments.pop("search", "mmr")
    if search not in ("mmr", "vector"):
        msg = f'fetch_k and lambda_mult belong to search="mmr"; this search is "{search}"'
        raise InvalidArgumentError(msg)
    for name in ("score_threshold", "fusion", *_STAGES):
        if name in arguments:
            msg = f'{name} cannot be used with search="mmr"'
            raise InvalidArgumentError(msg)
    return arguments
