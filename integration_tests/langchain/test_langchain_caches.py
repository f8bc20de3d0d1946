"""Caches of what models answered, to the same prompt or to one that means the same."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.langchain.langchain_fakes import Mute, Parrot, Words
from integration_tests.shared.calls import Calls
from langchain_core.language_models import FakeListLLM
from langchain_core.load import dumps
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.outputs import ChatGeneration, Generation

from pgrecall import (
    AsyncStore,
    Collection,
    CollectionConflictError,
    DimensionMismatchError,
    InvalidArgumentError,
    Item,
    Store,
)
from pgrecall.langchain import PgRecallCache, PgRecallSemanticCache, PgRecallVectorStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from langchain_core.embeddings import Embeddings

    Make = Callable[..., Calls]

MODEL = "a model; temperature 0"
PRIVATE = "the answer that nobody else may read"


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def exact(sync_store: Store, tenant: str, kind: str) -> AsyncIterator[Calls]:
    made = PgRecallCache(sync_store, tenant)
    yield Calls(made, kind)
    await made.aclose()


@pytest.fixture
async def make(sync_store: Store, tenant: str, kind: str) -> AsyncIterator[Make]:
    """Make caches by meaning."""
    made: list[PgRecallSemanticCache] = []

    def semantic(embedding: Embeddings | None = None, **keywords: Any) -> Calls:
        keywords = {"store": sync_store, "tenant": tenant, "threshold": 0.75} | keywords
        made.append(PgRecallSemanticCache(embedding or Words(), **keywords))
        return Calls(made[-1], kind)

    yield semantic
    for one in made:
        await one.aclose()


@pytest.fixture(params=["exact", "semantic"])
def cache(request: pytest.FixtureRequest, exact: Calls, make: Make) -> Calls:
    return exact if request.param == "exact" else make()


def answer(text: str) -> list[Generation]:
    return [Generation(text=text)]


def prompt_of(*messages: BaseMessage) -> str:
    """Write a chat as LangChain's models give it to a cache."""
    return dumps(list(messages))


def change(dsn: str, tenant: str, setting: str, *values: Any) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        query = f"UPDATE pgrecall.blobs SET {setting} WHERE tenant = %s"
        connection.execute(query, [*values, tenant])  # type: ignore[arg-type]  # a test's own


async def test_an_answer_is_of_its_prompt_and_its_models_settings(cache: Calls) -> None:
    hostile = ["", "\0", "a\0", "\ud800", "é" * 5_000, "%", "[1", '[{"kwargs": 3}]']
    for n, prompt in enumerate(hostile):
        await cache.update(prompt, MODEL, answer(f"{n}"))
    await cache.update("%", "other\0", answer("other"))

    found = [await cache.lookup(prompt, MODEL) for prompt in hostile]

    assert found == [answer(f"{n}") for n in range(len(hostile))]
    assert await cache.lookup("%", "other\0") == answer("other")
    assert await cache.lookup("a", "other") is None
    await cache.update("%", MODEL, answer("anew"))
    assert await cache.lookup("%", MODEL) == answer("anew")
    await cache.clear(llm_string=MODEL)
    assert await cache.lookup("%", MODEL) is None
    assert await cache.lookup("%", "other\0") == answer("other")
    await cache.clear()
    assert await cache.lookup("%", "other\0") is None


async def test_messages_come_back_with_all_that_they_have(exact: Calls) -> None:
    message = AIMessage(
        content=[{"type": "text", "text": "Zoë \0 🦊"}, {"type": "image_url", "image_url": {}}],
        tool_calls=[{"name": "f", "args": {"lc": 1, "type": "constructor"}, "id": "1"}],
        usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
        response_metadata={"id": ["langchain", "x"], "lc": 1},
    )
    halves = Generation(text="\ud800\udfff")  # never one letter
    large = [ChatGeneration(message=message), Generation(text="x" * 1_000_000), halves]

    await exact.update("p", MODEL, large)

    assert await exact.lookup("p", MODEL) == large


@pytest.mark.parametrize("kind", ["sync"], indirect=True)
async def test_no_word_of_a_prompt_is_kept(make: Make, dsn: str, tenant: str) -> None:
    cache = make()
    await cache.update("a prompt of mine", "my own model", answer("yes"))

    table = cache.target.store.describe_collection(tenant, "llm_cache").table_name
    with psycopg.connect(dsn) as connection:
        for query in (
            f"SELECT t::text FROM {table} t WHERE %s <> ''",
            "SELECT b::text FROM pgrecall.blobs b WHERE b.tenant = %s",
        ):
            rows = str(connection.execute(query, [tenant]).fetchall())  # type: ignore[arg-type]
            assert len(rows) > 100
            assert "prompt of mine" not in rows
            assert "my own model" not in rows


@pytest.mark.parametrize("kind", ["sync"], indirect=True)
@pytest.mark.parametrize(
    "data",
    [
        b"\xff",
        b"[",
        b'{"text": 1}',
        b'["text"]',
        b"[" * 5_000,
        json.dumps([{"lc": 1, "type": "not_implemented", "id": [PRIVATE]}]).encode(),
        json.dumps(
            [
                {
                    "lc": 1,
                    "type": "constructor",
                    "id": ["langchain", "prompts", "prompt", "PromptTemplate"],
                    "kwargs": {"template": PRIVATE},
                }
            ]
        ).encode(),
        json.dumps(
            [{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {"x": PRIVATE}}]
        ).encode(),
    ],
)
async def test_what_is_no_answer_counts_as_none_and_is_told_without_its_words(
    make: Make, dsn: str, tenant: str, caplog: pytest.LogCaptureFixture, data: bytes
) -> None:
    cache = make()
    await cache.update("which fruit is red?", MODEL, answer(PRIVATE))
    change(dsn, tenant, "value = %s", data)

    with caplog.at_level(logging.WARNING, "pgrecall"):
        found = [
            await cache.lookup(prompt, MODEL)
            for prompt in ("which fruit is red?", "which fruit is red")
        ]

    assert found == [None, None]
    assert "has a value that cannot be read" in caplog.text
    assert PRIVATE not in caplog.text
    assert tenant not in caplog.text
    await cache.update("which fruit is red?", MODEL, answer("apples"))
    assert await cache.lookup("which fruit is red?", MODEL) == answer("apples")


async def test_an_item_that_another_program_wrote_is_no_answer(
    make: Make, sync_store: Store, tenant: str
) -> None:
    cache = make()
    await cache.update("which fruit is red?", MODEL, answer("apples"))
    (own,) = sync_store.sample(tenant, "llm_cache", 1)
    settings = {"llm_settings": (own.metadata or {})["llm_settings"]}
    vector = Words().vector("which fruit is red")
    named = {"namespace": ["x"], "key": "k" * 3_000}
    others = ({}, {"namespace": "x", "key": 3}, {"namespace": [3], "key": "x"}, named)
    items = [Item(f"{n}:0", vector, "", settings | names) for n, names in enumerate(others)]
    sync_store.upsert(tenant, "llm_cache", items)

    assert await cache.lookup("which fruit is red", MODEL) == answer("apples")


async def test_a_prompt_that_the_embedding_knows_no_word_of_is_compared_letter_by_letter(
    make: Make,
) -> None:
    cache = make(Mute())
    await cache.update("which fruit is red?", MODEL, answer("apples"))
    await cache.update("***", MODEL, answer("stars"))

    assert await cache.lookup("***", MODEL) == answer("stars")
    assert await cache.lookup("****", MODEL) is None
    assert await cache.lookup("which fruit is red", MODEL) == answer("apples")


async def test_an_answer_that_could_not_be_read_back_is_not_kept_and_no_error(
    cache: Calls, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    odd = [Generation(text=PRIVATE, generation_info={"raw": object()})]

    with caplog.at_level(logging.WARNING, "pgrecall"):
        await cache.update("p", MODEL, odd)

    assert await cache.lookup("p", MODEL) is None
    assert "does not keep a value: it could not be read back" in caplog.text
    assert PRIVATE not in caplog.text
    assert tenant not in caplog.text


@pytest.mark.parametrize("bad", ["text", [b"bytes"], [AIMessage("no generation")]])
async def test_what_is_no_list_of_generations_is_refused(cache: Calls, bad: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="must be a list of LangChain's Generation"):
        await cache.update("p", MODEL, bad)


async def test_other_arguments_that_cannot_be_used_are_refused(cache: Calls) -> None:
    with pytest.raises(InvalidArgumentError, match="prompt must be a string, not NoneType"):
        await cache.lookup(None, MODEL)
    with pytest.raises(InvalidArgumentError, match="llm_string must be a string, not int"):
        await cache.update("p", 3, answer("a"))
    with pytest.raises(InvalidArgumentError, match="did you mean 'llm_string'"):
        await cache.clear(llm_strin="x")


async def test_what_has_expired_is_never_given_and_is_swept_with_its_vector(
    make: Make, exact: Calls, dsn: str, tenant: str, sync_store: Store
) -> None:
    keywords = {"store": exact.target._pair, "tenant": tenant, "ttl": 90}
    short = Calls(PgRecallCache(**keywords), exact.kind)
    near = make(ttl=90)
    prompts = [f"which fruit is {colour}?" for colour in ("red", "green", "blue", "brown", "grey")]
    for prompt in prompts:
        await near.update(prompt, MODEL, answer(prompt))
    await short.update("p", MODEL, answer("a"))
    assert await short.lookup("p", MODEL) == answer("a")
    assert await near.lookup("which fruit is red", MODEL) == answer(prompts[0])
    change(dsn, tenant, "expires_at = now() - interval '1 s'")

    assert await short.lookup("p", MODEL) is None
    assert await near.lookup("which fruit is red?", MODEL) is None
    assert await near.lookup("which fruit is red", MODEL) is None
    # one that lives is found behind those that do not
    await near.update("which fruit is it? red", MODEL, answer("lives"))
    assert await near.lookup("which fruit is red", MODEL) == answer("lives")
    done = sync_store.maintain(tenant)
    assert "remove expired blobs" in {one.task for one in done.done}
    assert sync_store.count(tenant, "llm_cache") == 1
    assert await near.lookup("which fruit is red", MODEL) == answer("lives")


async def test_a_chat_model_is_asked_once(cache: Calls) -> None:
    model = Parrot(responses=["one", "two", "three"], cache=cache.target)
    calls = Calls(model, cache.kind)
    question = [SystemMessage("be brief"), HumanMessage("which fruit is red?")]

    said = [(await calls.invoke(question)).content for _ in range(2)]
    other = await calls.invoke(question, stop=["."])

    assert said == ["one", "one"]
    assert other.content == "two"
    assert len(model.asked) == 2


async def test_a_model_of_text_is_asked_once(cache: Calls) -> None:
    calls = Calls(FakeListLLM(responses=["one", "two"], cache=cache.target), cache.kind)

    assert [await calls.invoke("which fruit is red?") for _ in range(2)] == ["one", "one"]


async def test_a_prompt_that_means_the_same_has_its_answer_above_the_threshold(make: Make) -> None:
    words = Words()
    cache = make(words)
    assert await cache.lookup("which fruit is red?", MODEL) is None
    assert words.calls == []  # there is nothing yet to compare with
    await cache.update("which fruit is red?", MODEL, answer("apples"))

    assert await cache.lookup("which fruit is red?", MODEL) == answer("apples")
    assert words.calls == [["which fruit is red?"]]
    assert await cache.lookup("Which fruit is red", MODEL) == answer("apples")
    assert await cache.lookup("when is lunch?", MODEL) is None
    assert await cache.lookup("Which fruit is red", MODEL + ".5") is None
    assert await make(words, threshold=0.999).lookup("red fruit which is", MODEL + "") == answer(
        "apples"
    )
    assert await make(words, threshold=0.999).lookup("which fruit is it, red?", MODEL) is None


async def test_a_prompt_is_embedded_once_for_its_lookup_and_its_update(make: Make) -> None:
    words = Words()
    cache = make(words)
    await cache.update("which fruit is red?", MODEL, answer("apples"))
    await cache.lookup("when is lunch?", MODEL)
    await cache.update("when is lunch?", MODEL, answer("noon"))

    assert words.calls == [["which fruit is red?"], ["when is lunch?"]]


async def test_of_a_chat_the_last_message_alone_is_compared_by_its_meaning(make: Make) -> None:
    cache = make()
    image = {"type": "image_url", "image_url": {"url": "data:1"}}
    system, ask = SystemMessage("be brief"), HumanMessage("which fruit is red?")
    seen = [{"type": "text", "text": "which fruit is red?"}, image]
    tool = [ask, AIMessage(""), ToolMessage("12 degrees", tool_call_id="1")]
    await cache.update(prompt_of(system, ask), MODEL, answer("apples"))
    await cache.update(prompt_of(system, HumanMessage(seen)), MODEL, answer("seen"))
    await cache.update(prompt_of(*tool), MODEL, answer("cold"))

    same = HumanMessage("which fruit is it, red?")
    assert await cache.lookup(prompt_of(system, same), MODEL) == answer("apples")
    assert await cache.lookup(prompt_of(SystemMessage("be  brief"), same), MODEL) is None
    assert await cache.lookup(prompt_of(same), MODEL) is None
    parts = [{"type": "text", "text": "Which fruit is red"}, image]
    assert await cache.lookup(prompt_of(system, HumanMessage(parts)), MODEL) == answer("seen")
    parts[1] = {"type": "image_url", "image_url": {"url": "data:2"}}
    assert await cache.lookup(prompt_of(system, HumanMessage(parts)), MODEL) is None
    assert await cache.lookup(prompt_of(*tool), MODEL) == answer("cold")
    tool[2] = ToolMessage("12  degrees", tool_call_id="1")
    assert await cache.lookup(prompt_of(*tool), MODEL) is None


async def test_another_embedding_is_told_until_the_cache_is_cleared(make: Make) -> None:
    old, new = make(Words("old")), make(Words("new", 32))
    await old.update("which fruit is red?", MODEL, answer("apples"))

    for call in (
        new.lookup("which fruit is red?", MODEL),
        new.update("which fruit is red?", MODEL, answer("pears")),
    ):
        with pytest.raises(CollectionConflictError, match=r"'old'.*'new'"):
            await call
    assert await make(Words("new", 32), collection="other").lookup("p", MODEL) is None

    await new.clear()
    assert await new.lookup("which fruit is red?", MODEL) is None
    await new.update("which fruit is red?", MODEL, answer("pears"))
    assert await new.lookup("which fruit is red", MODEL) == answer("pears")


async def test_an_embedding_without_a_name_is_told_by_its_dimensions(make: Make) -> None:
    old, new = make(), make(Words(dimensions=32))
    await old.update("which fruit is red?", MODEL, answer("apples"))

    with pytest.raises(DimensionMismatchError, match="64"):
        await new.lookup("which fruit is red", MODEL)
    await new.clear()
    await new.update("which fruit is red?", MODEL, answer("pears"))
    assert await new.lookup("which fruit is red", MODEL) == answer("pears")


@pytest.mark.parametrize("name", ["new", ""])
async def test_a_collection_of_documents_is_never_cleared(
    make: Make, sync_store: Store, tenant: str, name: str
) -> None:
    vectors = PgRecallVectorStore(Words("other"), "docs", tenant, sync_store)
    vectors.add_texts(["mine"])
    cache = make(Words(name), collection="docs")

    for call in (cache.lookup("p", MODEL), cache.update("p", MODEL, answer("a")), cache.clear()):
        with pytest.raises(CollectionConflictError):
            await call
    assert sync_store.count(tenant, "docs") == 1


def test_tenants_and_namespaces_are_apart(sync_store: Store, tenant: str) -> None:
    caches: list[Any] = [
        PgRecallCache(sync_store, tenant),
        PgRecallCache(sync_store, tenant, namespace="other"),
        PgRecallCache(sync_store, tenant + "'"),
        PgRecallSemanticCache(Words(), sync_store, tenant),
        PgRecallSemanticCache(Words(), sync_store, tenant, collection="other"),
        PgRecallSemanticCache(Words(), sync_store, tenant + "'"),
    ]
    for n, cache in enumerate(caches):
        assert cache.lookup("p", MODEL) is None
        cache.update("p", MODEL, answer(f"{n}"))

    assert [cache.lookup("p", MODEL) for cache in caches] == [answer(f"{n}") for n in range(6)]
    caches[0].clear()
    caches[3].clear()
    found = [cache.lookup("p", MODEL) for cache in caches]
    assert [one is None for one in found] == [True, False, False, True, False, False]


async def test_a_role_that_may_only_read_gives_answers_and_keeps_none(
    make: Make, exact: Calls, dsn: str, tenant: str, caplog: pytest.LogCaptureFixture
) -> None:
    await make().update("which fruit is red?", MODEL, answer("apples"))
    await exact.update("p", MODEL, answer("a"))
    read_only = f"{dsn}{'&' if '?' in dsn else ' '}options=-cdefault_transaction_read_only=on"
    core: Any = Store(read_only, setup=False)
    if exact.kind == "async":
        core = AsyncStore(read_only, setup=False)
    near, same = make(store=core), Calls(PgRecallCache(core, tenant), exact.kind)

    assert await near.lookup("which fruit is red", MODEL) == answer("apples")
    assert await same.lookup("p", MODEL) == answer("a")
    with caplog.at_level(logging.WARNING, "pgrecall"):
        for cache in (near, same):
            await cache.update("new", MODEL, answer(PRIVATE))
            assert await cache.lookup("new", MODEL) is None
    assert caplog.text.count("does not keep a value, for this role may not") == 2
    assert PRIVATE not in caplog.text
    assert tenant not in caplog.text
    await near.target.aclose()
    await same.target.aclose()
    await core.close() if exact.kind == "async" else core.close()


async def test_writers_of_one_prompt_at_once_leave_one_answer(make: Make) -> None:
    caches = [make(Words()) for _ in range(2)]
    prompts = [f"question number {n}" for n in range(3)]
    updates = [
        (cache, prompt, answer(f"{n}"))
        for n in range(4)
        for cache in caches
        for prompt in prompts[:: 1 - 2 * (n % 2)]
    ]
    if caches[0].kind == "async":
        await asyncio.gather(*(c.update(p, MODEL, a) for c, p, a in updates))
    else:
        await asyncio.gather(
            *(asyncio.to_thread(c.target.update, p, MODEL, a) for c, p, a in updates)
        )

    assert {len(await caches[0].lookup(prompt, MODEL)) for prompt in prompts} == {1}
    assert caches[0].target.store.count(caches[0].target.tenant, "llm_cache") == 3


@pytest.mark.parametrize(
    ("keywords", "says"),
    [
        ({"threshold": 0}, "threshold must be above 0 and at most 1, not 0"),
        ({"threshold": 1.1}, "threshold must be above 0"),
        ({"threshold": "high"}, "threshold must be above 0"),
        ({"ttl": -1}, "ttl must be a timedelta, or seconds, above 0"),
        ({"embedding": "model"}, "embedding must be a langchain_core Embeddings, not str"),
        ({"collection": ""}, "must not be empty"),
        ({"collection": "c" * 985}, "an index holds 1,000"),
        ({"tenant": "\0"}, "NUL"),
    ],
)
def test_an_argument_that_cannot_be_used_is_refused_at_once(
    keywords: dict[str, Any], says: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=says):
        PgRecallSemanticCache(
            **{"embedding": Words(), "store": "postgresql://nowhere/app"} | keywords
        )


def test_caches_can_be_pickled_and_show_no_password(sync_store: Store, tenant: str) -> None:
    dsn = "postgresql://u:secret@nowhere/app"
    for cache in (PgRecallCache(dsn, tenant), PgRecallSemanticCache(Words(), dsn, tenant)):
        again = pickle.loads(pickle.dumps(cache))  # noqa: S301  # its own

        assert repr(again) == repr(cache)
        assert "secret" not in repr(cache)
    near = PgRecallSemanticCache(Words(), sync_store, tenant)
    near.update("p", MODEL, answer("a"))
    assert pickle.loads(pickle.dumps(near)).lookup("p", MODEL) == answer("a")  # noqa: S301


def test_the_collection_beside_has_no_texts_to_search(sync_store: Store, tenant: str) -> None:
    PgRecallSemanticCache(Words("m"), sync_store, tenant).update("p", MODEL, answer("a"))

    found = sync_store.describe_collection(tenant, "llm_cache")

    assert isinstance(found, Collection)
    assert (found.text_search, found.embedding_model) == (None, "m")
    assert found.fields == {"llm_settings": "text"}
