"""``pgrecall search``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from pgrecall._values.marked import in_one_line, pieces_of
from pgrecall.cli.shared import embedders, keys, options
from pgrecall.cli.shared.clock import Clock
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.escaping import clean
from pgrecall.cli.shared.fields import field as parsed_field
from pgrecall.cli.shared.output import cell, console, note, pairs, print_json
from pgrecall.cli.shared.reranking import options_from
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import Collection, Match
    from pgrecall.store import Store

Mode = Literal["hybrid", "vector", "text"]

_SHOWN = 240  # characters of a text that no word was found in


class Answer(NamedTuple):
    """What a search found, how, and the milliseconds of its parts."""

    mode: Mode
    matches: Sequence[Match]
    snippets: Mapping[str, str]
    parts: Mapping[str, float]


def search(
    *,
    collection: options.CollectionName,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="Plain words.")],
    mode: Annotated[
        Mode | None,
        typer.Option("--mode", help="Without it hybrid, where the collection's model is known."),
    ] = None,
    limit: options.Limit = 5,
    offset: Annotated[
        int | None, typer.Option("--offset", min=0, help="How many to leave out: the next page.")
    ] = None,
    filter_: options.FilterText = None,
    where: options.Where = None,
    min_score: Annotated[
        float | None, typer.Option("--min-score", help="Least score of what is shown.")
    ] = None,
    group_by: Annotated[
        str | None,
        typer.Option(
            "--group-by",
            metavar="KEY",
            help="A metadata key, or by.name for one inside another: --limit counts its values.",
        ),
    ] = None,
    per_group: Annotated[
        int, typer.Option("--per-group", min=1, help="How many of each value to show.")
    ] = 1,
    language: Annotated[
        str | None,
        typer.Option(
            "--language",
            metavar="VALUE",
            help="Of the question, where the collection goes by a key, as its items say it; else"
            " the question is asked in each of its languages.",
        ),
    ] = None,
    embed: options.Embed = None,
    rerank: options.Rerank = None,
    rerank_candidates: options.RerankCandidates = 50,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Answer a question by vector, by text, or by both.

    The question is embedded by the model that the collection was loaded with.

    Example: `pgrecall search notes "how do I copy a folder?" --where 'page >= 3'`
    """
    if not question.strip():
        raise InvalidArgumentError("the question is empty")
    wanted = options.filter_from(filter_, where)
    named = embedders.named(embed) if embed is not None else None
    reranking = options_from(rerank, rerank_candidates)
    group = None if group_by is None else parsed_field(group_by)
    with opened(dsn, schema, tenant) as store:
        described = found(store, tenant, collection)
        model = named if mode == "text" or named else embedders.of_collection(described)
        chosen = _mode(mode, described, model)
        answer = _answer(
            store,
            tenant,
            described,
            question,
            mode=chosen,
            model=model,
            asked={
                "limit": limit,
                **({} if offset is None else {"offset": offset}),
                "filter": wanted,
                "min_score": min_score,
                "group_by": group,
                "per_group": per_group,
                **reranking,
            },
            language=language,
        )
        groups = [match.group for match in answer.matches]
        ungrouped = [group] if group is not None and all(one is None for one in groups) else []
        keys.tell(
            store,
            tenant,
            collection,
            filter_=wanted,
            fields=ungrouped,
            found=bool(answer.matches),
        )
    if as_json:
        print_json(_as_json(collection, question, answer, grouped=group_by is not None))
    else:
        _print(collection, answer)


def _mode(asked: Mode | None, collection: Collection, model: Model | None) -> Mode:
    if asked == "text" or (asked is None and model is None):
        if collection.text_search is None:
            raise InvalidArgumentError(
                f"collection {collection.name!r} has no text search and no model that is known"
                " here: --embed module:function says how to embed the question"
            )
        if asked is None and collection.dimensions is not None:
            _tell_text_alone(collection)
        return "text"
    if model is None:
        made = collection.embedding_model
        by = f"vectors of {made!r}" if made else "vectors of its own"
        raise InvalidArgumentError(
            f"collection {collection.name!r} holds {by}: --embed module:function says how to embed"
            " the question, or ask with --mode text"
        )
    return asked or ("vector" if collection.text_search is None else "hybrid")


def _tell_text_alone(collection: Collection) -> None:
    made = collection.embedding_model
    which = f"the model {made!r} of {collection.name!r} is not known here"
    if not made:
        which = f"{collection.name!r} does not say which model made its vectors"
    note(
        f"{which}: its texts alone are searched; --embed module:function says how to embed the"
        " question"
    )


def _answer(
    store: Store,
    tenant: str,
    collection: Collection,
    question: str,
    *,
    mode: Mode,
    model: Model | None,
    asked: dict[str, Any],
    language: str | None,
) -> Answer:
    if mode == "vector" and language is not None:
        msg = "--language is of the words of a question: --mode text and --mode hybrid have it"
        raise InvalidArgumentError(msg)
    words = {**asked, "language": language}
    clock, name = Clock(), collection.name
    vector = None
    if mode != "text" and model is not None:
        with clock.part("embed"):
            vector = model.embed_one(question)
    with clock.part("search"):
        if vector is None:
            matches = store.search_text(tenant, name, question, **words)
        elif mode == "vector":
            said: dict[str, Any] = {"rerank_text": question} if "rerank" in asked else {}
            matches = store.search(tenant, name, vector, **asked, **said)
        else:
            matches = store.search_hybrid(tenant, name, vector, question, **words)
    with clock.part("snippets"):
        snippets = _snippets(store, tenant, collection, question, matches, language)
    return Answer(mode, matches, snippets, clock.milliseconds)


def _snippets(
    store: Store,
    tenant: str,
    collection: Collection,
    question: str,
    matches: Sequence[Match],
    language: str | None,
) -> dict[str, str]:
    """Have PostgreSQL mark the question's words in the texts that were found."""
    if collection.text_search is None or not matches:
        return {}
    marked = store.search_text(
        tenant,
        collection.name,
        question,
        limit=len(matches),
        filter={"id": {"$in": [match.id for match in matches]}},
        language=language,
        highlight=True,
    )
    return {match.id: match.snippet for match in marked if match.snippet}


def _as_json(collection: str, question: str, answer: Answer, *, grouped: bool) -> dict[str, Any]:
    return {
        "collection": collection,
        "question": question,
        "mode": answer.mode,
        "milliseconds": {name: round(value, 2) for name, value in answer.parts.items()},
        "matches": [
            {
                "id": match.id,
                "score": match.score,
                "distance": match.distance,
                "vector_rank": match.vector_rank,
                "text_rank": match.text_rank,
                "text_score": match.text_score,
                **({} if match.rerank_score is None else {"rerank_score": match.rerank_score}),
                "text": match.text,
                "snippet": answer.snippets.get(match.id),
                "metadata": match.metadata,
                **({"group": match.group} if grouped else {}),
            }
            for match in answer.matches
        ],
    }


def _print(collection: str, answer: Answer) -> None:
    out = console()
    if not answer.matches:
        out.print(cell(f"nothing in {collection} matches"))
        return
    shown = Table.grid(padding=(0, 2, 0, 0))
    shown.add_column(justify="right", style="dim", no_wrap=True)
    shown.add_column(justify="right", no_wrap=True)
    shown.add_column(overflow="fold")
    for rank, match in enumerate(answer.matches, start=1):
        if rank > 1:
            shown.add_row()
        heading = Text.assemble(cell(match.id, "bold"), (f"  {_places(match)}", "dim"))
        shown.add_row(str(rank), f"{match.score:.3f}", heading)
        text = _passage(match, answer.snippets.get(match.id))
        if text:
            shown.add_row("", "", text)
        if match.metadata:
            shown.add_row("", "", cell(pairs(match.metadata), "cyan"))
    out.print(shown)
    parts = "  ".join(f"{name} {value:.1f} ms" for name, value in answer.parts.items())
    out.print()
    out.print(cell(f"{answer.mode}: {parts}", "dim"))


def _places(match: Match) -> str:
    ranks = (("vector", match.vector_rank), ("text", match.text_rank))
    places = [f"{arm} #{rank}" for arm, rank in ranks if rank is not None]
    if match.rerank_score is not None:
        places.append(f"reranked {match.rerank_score:.3g}")
    return "  ".join(places)


def _passage(match: Match, snippet: str | None) -> Text:
    if snippet is None:
        words = " ".join(match.text[: 2 * _SHOWN].split())
        more = "..." if len(words) > _SHOWN or len(match.text) > 2 * _SHOWN else ""
        return Text(clean(words[:_SHOWN]) + more)
    text = Text()
    for piece, is_marked in in_one_line(pieces_of(snippet)):
        text.append(clean(piece), "bold yellow" if is_marked else "")
    return text
