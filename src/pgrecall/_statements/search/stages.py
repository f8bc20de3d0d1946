"""What comes between the arms of a search and its answer: boosts, a least score, groups, a page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.columns import sent_time
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.items.where import where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.search.compared import sent
from pgrecall._statements.search.grouping import counted, factors, keys_of, ranked
from pgrecall._statements.search.snippets import snippet_of
from pgrecall.models import Metric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.grouping import Keys
    from pgrecall.boosts import Boosting
    from pgrecall.filters import Filter

BM25_HALF = 12.0
"""The BM25 score that counts as one half.

Of a hit alone nothing tells how well it could have matched, so the scale is one for every text.
This one makes BM25 and the cosine agree: over six public sets of questions their plain sum, BM25
scaled so, has a mean nDCG@10 of 0.532, and fusion by ranks 0.507.
"""

SCORES = {
    Metric.COSINE: sql.SQL("1 - distance"),
    Metric.IP: sql.SQL("-distance"),
    Metric.L2: sql.SQL("1 / (1 + distance)"),
    Metric.L1: sql.SQL("1 / (1 + distance)"),
}
"""A match's score by its distance."""
RELEVANCES = {
    Metric.COSINE: sql.SQL("greatest(1 - distance, 0)"),
    # the logistic function, in a form that never overflows
    Metric.IP: sql.SQL("0.5 * (1 + tanh(-distance / 2))"),
    Metric.L2: sql.SQL("1 / (1 + distance)"),
    Metric.L1: sql.SQL("1 / (1 + distance)"),
}
"""The same from 0 to 1, whatever the metric."""
TEXT_RELEVANCE = sql.SQL(
    f"greatest(text_score, 0) / (greatest(text_score, 0) + {BM25_HALF!r}::float8)"
)

_BOOSTED = sql.SQL(
    "SELECT boosted.*, score AS sort FROM (SELECT {source}.id, distance, text_score, vector_rank,"
    " text_rank, {factors} * ({relevance}) AS score{grp}"
    " FROM {source} JOIN {table} AS item ON {same}) AS boosted"
)
_PASSED = sql.SQL("SELECT * FROM {source} WHERE score >= %(min_score)s::float8")
_PAGE = sql.SQL(
    "SELECT * FROM {source} ORDER BY sort DESC, id"
    " LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint"
)
_ALL = sql.SQL("SELECT * FROM {source}")
_PAGE_OF_GROUPS = sql.SQL(
    "SELECT * FROM {source} WHERE group_place > %(offset)s::bigint"
    " AND group_place <= %(offset)s::bigint + %(limit)s::bigint"
)
_POOL_OF_GROUPS = sql.SQL(
    "SELECT id, distance, text_score, vector_rank, text_rank, score, sort, grp FROM {source}"
    " WHERE group_place <= %(pool)s::bigint"
)

_HIT = sql.SQL(
    "{item.id_text} AS hit_id, best.distance, best.score, {item.text} AS hit_text,"
    " {item.metadata_text} AS hit_metadata, best.vector_rank, best.text_rank, best.text_score,"
    " {vector} AS vector, {snippet} AS snippet, {grp} AS grp, {created} AS created,"
    " {updated} AS updated"
)
_JOINED = sql.SQL("best JOIN {table} AS item ON {item.id = best.id}")
_HITS = sql.SQL("SELECT {hit}, NULL, {share} FROM {joined} ORDER BY best.sort DESC, {item.id}")
# what was seen is told where nothing is left, too; a CTE is joined, for Citus takes no table there
_NUMBERED = sql.SQL("SELECT {hit}, row_number() OVER ({order}) AS number FROM {joined}")
_GROUPED_ORDER = sql.SQL("ORDER BY best.group_place, best.place")
_CANDIDATE_ORDER = sql.SQL("ORDER BY best.sort DESC, best.id")
_GROUPED_HITS = sql.SQL(
    "SELECT hit_id, distance, score, hit_text, hit_metadata, vector_rank, text_rank, text_score,"
    " vector, snippet, grp, created, updated, seen.counts, {share} FROM seen"
    " LEFT JOIN hits ON true ORDER BY number"
)
_COUNTS = sql.SQL("SELECT {} AS counts")
_COUNT = sql.SQL(
    "(SELECT count(*) FROM {rows}) || ' ' || (SELECT coalesce(max(group_place), 0) FROM {groups})"
    " || ' ' || (SELECT count(*) FROM {kept})"
)


@dataclass(frozen=True, slots=True)
class Stages:
    """What the text of the stages depends on.

    Attributes:
        keys: What stands for the keys of the field that makes groups; None for no groups.
        factors: The factors of boosts, over the row ``item``.
        has_least: Whether there is a least score.
        is_diverse: Whether all candidates come, to be chosen among by the caller.
        include_vectors: Bring the vectors along.
        highlight: Bring a passage of each text along.
    """

    keys: Keys | None
    factors: tuple[str, ...]
    has_least: bool
    is_diverse: bool
    include_vectors: bool
    highlight: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What the stages are asked, with all that is bound.

    Attributes:
        filter: Which items there are.
        group_by: The field whose values make the groups, or None.
        boosts: What scores are multiplied by.
        min_score: Least score, or None.
        offset: Matches, or groups, to leave out.
        limit: Matches, or groups, at most.
        pool: Candidates, or their groups.
        per_group: Matches of each group at most.
        is_diverse: Bring all candidates.
        include_vectors: Bring the vectors along.
        highlight: Bring a passage of each text along.
    """

    filter: Filter | None
    group_by: str | tuple[str, ...] | None
    boosts: Sequence[Boosting]
    min_score: float | None
    offset: int
    limit: int
    pool: int
    per_group: int
    is_diverse: bool
    include_vectors: bool
    highlight: bool

    def compiled(
        self, stored: Stored, *, within: float = 1.0
    ) -> tuple[Where, Stages, dict[str, Any]]:
        """Give the filter's condition, what the stages' text depends on, and their values.

        Args:
            stored: The collection.
            within: As ``where_of`` has it.
        """
        parameters = Parameters()
        where = where_of(stored, self.filter, parameters, within=within)
        item = stored.columns.of("item")
        keys = None if self.group_by is None else keys_of(self.group_by, parameters)
        stages = Stages(
            keys,
            factors(self.boosts, stored, item, parameters),
            self.min_score is not None,
            self.is_diverse,
            self.include_vectors or self.is_diverse,
            self.highlight,
        )
        values: dict[str, Any] = {
            **parameters.values,
            "min_score": self.min_score,
            "offset": self.offset,
            "limit": self.limit,
            "pool": self.pool,
            "per_group": self.per_group,
        }
        return where, stages, values

    def every_group(self) -> Asked:
        """Ask for the best of each group of the pool, whatever the page."""
        return replace(
            self,
            offset=0,
            limit=self.pool,
            per_group=1,
            include_vectors=False,
            highlight=False,
        )


def staged(
    stored: Stored,
    stages: Stages,
    ctes: list[tuple[str, sql.Composable]],
    *,
    relevance: sql.Composable,
    share: sql.Composable,
    arms: Sequence[tuple[str, str]] = (),
) -> sql.Composable:
    """Write the stages after the CTE ``found``.

    ``found`` has id, distance, text_score, vector_rank, text_rank, score, sort (more is better)
    and, where there are groups, grp. A row gives id, distance, score, text, metadata, both ranks,
    text score, vector, snippet, group as JSON, times, what was seen, and share.

    Args:
        stored: The collection.
        stages: What is asked.
        ctes: Those of the arms, ``found`` the last.
        relevance: A row's relevance, 0 to 1, which boosts multiply.
        share: What part of the rows the filter lets through.
        arms: Where each arm brought groups already, the CTEs that have its rows and its groups.
    """
    item = stored.columns.of("item")
    source, is_grouped = "found", stages.keys is not None
    ctes, kept, seen = list(ctes), "found", list(arms)

    def add(name: str, body: sql.SQL) -> None:
        nonlocal source
        ctes.append((name, body.format(source=sql.SQL(source))))
        source = name

    if is_grouped and not arms and (stages.factors or stages.is_diverse):
        ctes += counted("found", "pooled_groups")
        seen, source = [("found", "pooled_groups")], "pooled_groups"
        add("pooled", _POOL_OF_GROUPS)
    if stages.factors:
        body = _BOOSTED.format(
            source=sql.SQL(source),
            factors=sql.SQL(" * ").join(sql.SQL(f"({one})") for one in stages.factors),
            relevance=relevance,
            grp=sql.SQL(", grp" if is_grouped else ""),
            table=stored.relation,
            same=item.same(source),
            **item.holes,
        )
        ctes.append(("boosted", body))
        source = "boosted"
    if stages.has_least:
        add("passed", _PASSED)
        kept = "found" if stages.factors or arms else "passed"
    order = _CANDIDATE_ORDER
    if stages.is_diverse:
        add("best", _ALL)
    elif is_grouped:
        ctes += ranked(source, "grouped")
        seen, source = seen or [("found", "grouped")], "grouped"
        order = _GROUPED_ORDER
        add("best", _PAGE_OF_GROUPS)
    else:
        add("best", _PAGE)
    hit = _HIT.format(
        **item.holes,
        vector=sent(stored, item.embedding, wanted=stages.include_vectors),
        snippet=snippet_of(stored, item, wanted=stages.highlight),
        grp=sql.SQL("best.grp::text" if is_grouped else "NULL"),
        created=sent_time(item.created_at),
        updated=sent_time(item.updated_at),
    )
    joined = _JOINED.format(**item.holes, table=stored.relation)
    if not is_grouped:
        hits = _HITS.format(**item.holes, hit=hit, share=share, joined=joined)
        return with_ctes(ctes, hits)
    counts = [
        _COUNT.format(
            rows=sql.SQL(rows), groups=sql.SQL(groups), kept=sql.SQL(rows if arms else kept)
        )
        for rows, groups in seen
    ]
    ctes.append(("seen", _COUNTS.format(sql.SQL(" || ' ' || ").join(counts))))
    ctes.append(("hits", _NUMBERED.format(hit=hit, order=order, joined=joined)))
    return with_ctes(ctes, _GROUPED_HITS.format(share=share))
