"""Searches whose arms are followed by stages: one statement for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.items.where import SOONER
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search.drawing import sample
from pgrecall._statements.search.fuse import fused, fusion_values
from pgrecall._statements.search.grouping import Keys, counted, value_of
from pgrecall._statements.search.hybrid import BY_TEXT, BY_VECTOR, candidates, settings
from pgrecall._statements.search.scanning import plan_values
from pgrecall._statements.search.stages import RELEVANCES, SCORES, TEXT_RELEVANCE, Stages, staged
from pgrecall._statements.search.text import text_settings
from pgrecall._statements.search.text_arm import fitted, sample_percent, text_arm, text_values
from pgrecall._statements.search.trust import FILTER_SHARE
from pgrecall._statements.search.vector import vector_arm
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.items.where import Where
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.bm25 import Frequencies
    from pgrecall._statements.search.hybrid import HybridQuery
    from pgrecall._statements.search.near import Examples
    from pgrecall._statements.search.plan import Plan
    from pgrecall._statements.search.stages import Asked
    from pgrecall._statements.search.text_query import TextQuery
    from pgrecall._values.vectors import Encoded
    from pgrecall.fusion import Fusion

_VECTOR_ROWS, _TEXT_ROWS = sql.Placeholder("vector_rows"), sql.Placeholder("text_rows")
_NOTHING = sql.SQL("")

_NEAREST = sql.SQL(
    "SELECT id, distance, NULL::float8 AS text_score, NULL::bigint AS vector_rank,"
    " NULL::bigint AS text_rank, {score} AS score, -distance AS sort{grp} FROM nearest"
)
_TEXTS = sql.SQL(
    "SELECT texts.id, NULL::float8 AS distance, text_score, NULL::bigint AS vector_rank,"
    " NULL::bigint AS text_rank, text_score AS score, text_score AS sort{grp} FROM {texts}"
)
_FUSED = sql.SQL(
    "SELECT fused.id, distance, nullif(text_score, 0) AS text_score, vector_rank, text_rank,"
    " score, odds AS sort{grp} FROM {fused}"
)
_WITH_ITEMS = sql.SQL("{source} JOIN {table} AS item ON {same}")
_NEAREST_TO_GROUP = sql.SQL("SELECT id, grp, distance, -distance AS sort FROM nearest")
_TEXTS_TO_GROUP = sql.SQL(
    "SELECT texts.id, {grp} AS grp, text_score, text_score AS sort FROM {texts}"
)
_POOL = sql.SQL("(SELECT * FROM {groups} WHERE group_place <= {pool}::bigint) AS {name}")


def by_vector(
    stored: Stored, query: Encoded | Examples, asked: Asked, plan: Plan, rows: int
) -> Statement:
    """Find items by vector, of the nearest ``rows``; what a row gives, ``stages.staged`` says."""
    where, stages, values = asked.compiled(stored)
    values |= {"query": query, "vector_rows": rows, **plan_values(stored, plan)}
    made = _by_vector(stored, stages, plan, where)
    return Statement(made, values, before=settings(stored, plan))


@rendered
def _by_vector(stored: Stored, stages: Stages, plan: Plan, where: Where) -> sql.Composable:
    ctes = vector_arm(
        stored,
        plan,
        where,
        carried=("id",),
        limit=_VECTOR_ROWS,
        keys=stages.keys,
    )
    grouped = _NOTHING if stages.keys is None else sql.SQL(", grp")
    ctes.append(("found", _NEAREST.format(score=SCORES[stored.metric], grp=grouped)))
    sampled = plan.sample_percent is not None
    return staged(
        stored,
        stages,
        ctes,
        relevance=RELEVANCES[stored.metric],
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
    )


def by_text(
    stored: Stored, words: str, asked: Asked, query: TextQuery, known: Frequencies, rows: int
) -> Statement:
    """Find items by text, of the best ``rows``; what a row gives, ``stages.staged`` says."""
    query = fitted(stored, query, rows, known)
    where, stages, values = asked.compiled(stored, within=SOONER)
    values |= {**text_values(stored, words, rows, query, known), "text_rows": rows}
    if query.share is None:
        values["sample_percent"] = sample_percent(stored)
    made = _by_text(stored, stages, query, where)
    return Statement(made, values, before=text_settings(stored))


@rendered
def _by_text(stored: Stored, stages: Stages, query: TextQuery, where: Where) -> sql.Composable:
    ctes = text_arm(stored, where, query, limit=_TEXT_ROWS)
    sampled = query.share is None
    if sampled:
        ctes.insert(0, sample(stored, sql.SQL(where.test)))
    texts = _with_group(stored, stages, sql.SQL("texts"), "texts")
    ctes.append(("found", _TEXTS.format(texts=texts, grp=_group(stored, stages))))
    return staged(
        stored,
        stages,
        ctes,
        relevance=TEXT_RELEVANCE,
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
    )


def by_both(
    stored: Stored,
    query: HybridQuery,
    asked: Asked,
    plan: Plan,
    known: Frequencies,
    rows: tuple[int, int],
    *,
    by: Stored | None = None,
) -> Statement:
    """Find items by vector and text, of so many rows of each arm, as ``hybrid`` does.

    Where there are groups, ``query`` has how many of them each arm's rows may make.
    """
    by = by or stored
    where, stages, values = asked.compiled(stored, within=SOONER)
    text = fitted(stored, query.by_words, rows[1], known)
    values |= {
        "sample_percent": sample_percent(stored),
        **text_values(stored, query.words, rows[1], text, known),
        **plan_values(by, plan),
        **fusion_values(query.fusion, query.spread, query.floor),
        "query": query.vector,
        "vector_rows": rows[0],
        "text_rows": rows[1],
        "vector_groups": query.candidates,
        "text_groups": query.text_candidates,
    }
    made = _by_both(stored, stages, plan, where, text, type(query.fusion), by=by)
    return Statement(made, values, before=settings(by, plan))


@rendered
def _by_both(
    stored: Stored,
    stages: Stages,
    plan: Plan,
    where: Where,
    text: TextQuery,
    fusion: type[Fusion],
    *,
    by: Stored,
) -> sql.Composable:
    ctes: list[tuple[str, Any]] = vector_arm(
        by,
        plan,
        where,
        carried=("id",),
        limit=_VECTOR_ROWS,
        keys=stages.keys,
    )
    sampled = text.share is None
    if sampled and plan.sample_percent is None:
        ctes.insert(0, sample(stored, sql.SQL(where.test)))
    vectors: sql.Composable = BY_VECTOR
    texts: sql.Composable = BY_TEXT
    seen: list[tuple[str, str]] = []
    if stages.keys is not None:
        ctes.append(("nearest_values", _NEAREST_TO_GROUP))
        ctes += counted("nearest_values", "nearest_groups")
        vectors = _of_pool(BY_VECTOR, "nearest", "vector_groups")
        texts = _of_pool(BY_TEXT, "texts", "text_groups")
        seen = [("nearest", "nearest_groups"), ("texts", "texts_groups")]
    ctes.append(("by_vector", vectors))
    ctes += text_arm(stored, where, text, limit=_TEXT_ROWS)
    if stages.keys is not None:
        joined = _with_group(stored, stages, sql.SQL("texts"), "texts")
        values = _TEXTS_TO_GROUP.format(grp=_value(stored, stages), texts=joined)
        ctes += [("texts_values", values), *counted("texts_values", "texts_groups")]
    ctes += [("by_text", texts), ("candidates", candidates(stored, text))]
    ranking = sql.SQL("({}) AS fused").format(fused(fusion))
    found = _FUSED.format(
        fused=_with_group(stored, stages, ranking, "fused"), grp=_group(stored, stages)
    )
    ctes.append(("found", found))
    return staged(
        stored,
        stages,
        ctes,
        relevance=sql.SQL("score"),
        share=FILTER_SHARE if sampled else sql.SQL("NULL"),
        arms=seen,
    )


def _of_pool(select: sql.SQL, name: str, pool: str) -> sql.Composable:
    """Take the rows of an arm from its first groups."""
    kept = _POOL.format(
        groups=sql.SQL(f"{name}_groups"), pool=sql.Placeholder(pool), name=sql.SQL(name)
    )
    head = select.as_string().removesuffix(f" FROM {name}")
    return sql.SQL(head + " FROM {}").format(kept)


def _value(stored: Stored, stages: Stages) -> sql.SQL:
    item = stored.columns.of("item")
    return value_of(stages.keys or Keys(()), item.id_text(), item.metadata)


def _group(stored: Stored, stages: Stages) -> sql.Composable:
    if stages.keys is None:
        return _NOTHING
    return sql.SQL(f", {_value(stored, stages).as_string()} AS grp")


def _with_group(
    stored: Stored, stages: Stages, source: sql.Composable, name: str
) -> sql.Composable:
    """Join the items where a value of theirs makes groups."""
    if stages.keys is None:
        return source
    item = stored.columns.of("item")
    same = item.same(name)
    return _WITH_ITEMS.format(source=source, table=stored.relation, same=same, **item.holes)
