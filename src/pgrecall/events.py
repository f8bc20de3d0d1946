"""What ``on_search`` is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SearchEvent:
    """A search that was answered. Its repr shows no question.

    Attributes:
        tenant: The tenant.
        collection: The collection's name.
        collection_id: Its number, which no other collection of the schema ever has and a renaming
            keeps.
        embedding_model: The model of its vectors.
        mode: ``vector``, ``text``, ``hybrid`` or ``near``, of ``search_near``.
        plan: How its vectors were compared, as ``Explanation.plan`` has it; ``text`` where none
            were.
        at: When it was answered, in UTC.
        ms: Milliseconds that it took, with the wait for a connection; of ``search_many``, the
            call's divided by its queries.
        ids: Of the matches, best first.
        scores: Theirs.
        limit: Matches that were asked for, at most.
        offset: Matches that were left out before.
        question_hash: 32 hexadecimal digits, the same for the same question in every process. Who
            knows a question can tell whether it was asked.
        dropped: Searches of this store before it that went untold, for the function was behind.
        text: The question, where ``search_questions=True`` asked for it and it has words.
        vector: The question's embedding as it was compared, read-only, by the same rule.
        options: What else was asked, where that is not the default, by the same rule: ``filter``
            in its parsed form, ``fusion``, and so on.
    """

    tenant: str
    collection: str
    collection_id: int
    embedding_model: str
    mode: str
    plan: str
    at: datetime
    ms: float
    ids: tuple[str, ...]
    scores: tuple[float, ...]
    limit: int
    offset: int
    question_hash: str
    dropped: int = 0
    text: str | None = field(default=None, repr=False)
    vector: NDArray[Any] | None = field(default=None, repr=False)
    options: Mapping[str, Any] | None = field(default=None, repr=False)
