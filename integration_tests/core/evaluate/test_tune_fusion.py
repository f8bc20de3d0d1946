"""The weight of the vector arm is learned from questions whose answers are known, and pinned."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from integration_tests.shared.calls import ONE_STORE, Calls

from pgrecall import (
    AsyncStore,
    Collection,
    InvalidArgumentError,
    Item,
    PgRecallError,
    Rrf,
    Store,
    WeightedSum,
)
from pgrecall._operations.context import resolve
from pgrecall._operations.evaluate import fusion
from pgrecall._operations.search import fusing
from pgrecall.evaluation import Question

DOCS, COUNT, DIMENSIONS, NOISE = "docs", 60, 16, 1.0
CHANCE = np.random.default_rng(7)
VECTORS = CHANCE.standard_normal((COUNT, DIMENSIONS))
WORDS = [f"word{number % 12}" for number in range(COUNT)]


def items() -> list[Item]:
    """Give items whose vectors tell them apart, and whose words twelve of them share."""
    return [Item(f"d{n:02}", VECTORS[n], f"{WORDS[n]} and {WORDS[-n]}") for n in range(COUNT)]


def questions(*, by: str = "vectors", count: int = COUNT) -> list[Question]:
    """Give questions that one of the arms answers, and the other misleads."""
    made = []
    for n in range(count):
        other = (n + 7) % COUNT
        word, near = (other, n) if by == "vectors" else (n, other)
        vector = VECTORS[near] + CHANCE.normal(0, NOISE, DIMENSIONS)
        answers = (
            [f"d{n:02}"]
            if by == "vectors"
            else [f"d{m:02}" for m in range(COUNT) if WORDS[m] == WORDS[n]]
        )
        made.append(Question(WORDS[word], answers, vector))
    return made


@pytest.fixture
async def filled(store: Any, tenant: str) -> Any:
    await store.ensure_collection(tenant, Collection(DOCS, DIMENSIONS, text_search="simple"))
    await store.upsert(tenant, DOCS, items())
    return store


async def scores(store: Any, tenant: str, **options: Any) -> list[tuple[str, float]]:
    found = await store.search_hybrid(tenant, DOCS, VECTORS[3], "word5", **options)
    return [(match.id, match.score) for match in found]


async def test_what_is_learned_is_taken_by_searches_without_a_fusion(
    filled: Any, tenant: str, dsn: str
) -> None:
    before = await scores(filled, tenant)
    report = await filled.tune_fusion(tenant, DOCS, questions())

    assert report.alpha > 0.8
    assert (report.pinned, report.changed, report.questions) == (True, True, COUNT)
    assert report.gain.low > 0
    assert max(report.curve.values()) >= report.curve[0.7]
    learned = await scores(filled, tenant)
    assert learned == await scores(filled, tenant, fusion=WeightedSum(report.alpha)) != before
    # a fusion that is said is done
    assert await scores(filled, tenant, fusion=WeightedSum()) == before
    assert await scores(filled, tenant, fusion=Rrf()) != learned
    # every other client meets it
    with Store(dsn) as other:
        assert await scores(Calls(other), tenant) == learned
    async with AsyncStore(dsn) as other_async:
        assert await scores(other_async, tenant) == learned
    # pages and boosts are chosen from the same order
    assert await scores(filled, tenant, offset=0) == learned

    told = await filled.tune_fusion(tenant, DOCS, reset=True)
    assert (told.alpha, told.pinned, told.changed) == (0.7, False, True)
    assert await scores(filled, tenant) == before


async def test_words_that_answer_better_get_more_weight(filled: Any, tenant: str) -> None:
    report = await filled.tune_fusion(tenant, DOCS, questions(by="words"))
    assert report.alpha < 0.6


TITLED = [
    item
    for n in range(30)
    for item in (
        Item(f"titled{n}", [1.0, 0.0], "six words that tell nothing here", {"title": f"word{n}"}),
        Item(f"often{n}", [1.0, 0.0], " ".join([f"word{n}"] * 6), {"title": "other"}),
    )
]
"""Vectors that tell nothing, and a word that stands in a title or six times in a text."""


async def best(store: Any, tenant: str, **options: Any) -> str:
    found = await store.search_hybrid(tenant, DOCS, [1.0, 0.0], "word7", limit=2, **options)
    return str(found[0].id)


@ONE_STORE
async def test_how_much_titles_count_and_how_deep_arms_are_is_learned_where_that_is_asked(
    store: Any, tenant: str, dsn: str
) -> None:
    made = Collection(DOCS, 2, text_search="simple", title="title")
    await store.ensure_collection(tenant, made)
    await store.upsert(tenant, DOCS, TITLED)
    asked = [Question(f"word{n}", [f"titled{n}"], [1.0, 0.0]) for n in range(30)]
    assert await best(store, tenant) == "often7"

    report = await store.tune_fusion(tenant, DOCS, asked, title_weight=[8], candidates=[40])
    assert (report.alpha, report.candidates, report.title_weight) == (0.7, 100, 8)
    assert (report.pinned, report.changed) == (True, True)
    assert report.gain.low > 0
    assert report.ways[100, 8] == report.ways[40, 8] == 1 > report.ways[100, 4]
    assert len(report.ways) == 2 * 2
    assert "words of the title counted 8 times" in str(report)

    async with AsyncStore(dsn) as other:  # every other client meets it
        assert await best(other, tenant) == "titled7"
    assert await best(store, tenant, offset=0) == "titled7"
    assert await best(store, tenant, group_by="title") == "titled7"
    assert await best(store, tenant, candidates=50) == "titled7"
    # a fusion that is said is done, by itself
    assert await best(store, tenant, fusion=WeightedSum()) == "often7"
    assert (await store.search_text(tenant, DOCS, "word7"))[0].id == "often7"
    found = await store.search_hybrid(tenant, DOCS, [1.0, 0.0], "word7", explain=True)
    told = "fused as tune_fusion() learned: alpha 0.7, words of the title counted 8 times"
    assert told in found.explanation.reason

    await store.tune_fusion(tenant, DOCS, reset=True)
    assert await best(store, tenant) == "often7"


@pytest.mark.parametrize("candidates", [20, 400])
async def test_as_many_candidates_are_taken_as_were_learned(
    filled: Any, sync_store: Store, tenant: str, candidates: int
) -> None:
    driver = sync_store._driver
    stored = driver.run(resolve(driver.context, tenant, DOCS))
    learned = fusing.to_pin(stored, fusing.Fusing(alpha=0.5, candidates=candidates))
    driver.run(fusion.pin(driver.context, stored, learned))

    taken = await scores(filled, tenant)
    by_hand = {"fusion": WeightedSum(0.5)}
    assert taken == await scores(filled, tenant, **by_hand, candidates=candidates)
    # what is said is done
    said = await scores(filled, tenant, candidates=30)
    assert said == await scores(filled, tenant, **by_hand, candidates=30) != taken
    # as many as are wanted, and pages as far as ever
    many = await scores(filled, tenant, limit=50)
    assert many == await scores(filled, tenant, **by_hand, limit=50, candidates=max(50, candidates))
    page = await scores(filled, tenant, limit=5, offset=45)
    assert len(page) == 5
    of = max(100, candidates)
    assert page == await scores(filled, tenant, **by_hand, limit=5, offset=45, candidates=of)
    deep = {"limit": 5, "offset": 5, "text_candidates": 7}
    page = await scores(filled, tenant, **deep)
    assert page == await scores(filled, tenant, **by_hand, **deep, candidates=of)


@pytest.mark.parametrize("pin", [7, "0.5", [], {"alpha": 0.1}, {"of": []}, {"alpha": 1, "of": []}])
@ONE_STORE
async def test_what_another_version_has_pinned_in_another_form_is_not_taken(
    filled: Any, sync_store: Store, tenant: str, pin: Any
) -> None:
    driver = sync_store._driver
    stored = driver.run(resolve(driver.context, tenant, DOCS))
    driver.run(fusion.pin(driver.context, stored, {fusing.FUSION: pin}))
    assert await scores(filled, tenant) == await scores(filled, tenant, fusion=WeightedSum())


@ONE_STORE
async def test_a_curve_is_what_searches_by_each_weight_find(filled: Any, tenant: str) -> None:
    asked, alphas = questions(count=4), (0.3, 0.95)
    report = await filled.tune_fusion(tenant, DOCS, asked)
    modes = {str(alpha): {"fusion": WeightedSum(alpha)} for alpha in alphas}
    found = await filled.evaluate(tenant, DOCS, asked, modes=modes)
    means = {alpha: found[str(alpha)].ndcg.value for alpha in alphas}
    assert means == pytest.approx({alpha: report.curve[alpha] for alpha in alphas})


async def test_too_few_questions_change_nothing(filled: Any, tenant: str) -> None:
    before = await scores(filled, tenant)
    report = await filled.tune_fusion(tenant, DOCS, questions(count=9))
    assert (report.alpha, report.pinned, report.changed) == (0.7, False, False)
    assert "too few to tell" in str(report)
    assert await scores(filled, tenant) == before


async def test_it_is_forgotten_with_another_analysis_title_or_model(
    filled: Any, tenant: str
) -> None:
    before = await scores(filled, tenant)
    await filled.tune_fusion(tenant, DOCS, questions())
    await filled.alter_collection(tenant, Collection(DOCS, title="title"))
    assert await scores(filled, tenant) == before

    assert (await filled.tune_fusion(tenant, DOCS, questions())).changed
    by_id = {item.text: item.vector for item in items()}
    await filled.reembed(
        tenant,
        DOCS,
        to=Collection(DOCS, DIMENSIONS, embedding_model="another"),
        embed=lambda texts: [by_id[text] for text in texts],
    )
    assert not (await filled.tune_fusion(tenant, DOCS, questions(count=9))).pinned


async def test_it_is_kept_where_neither_changes(filled: Any, tenant: str) -> None:
    report = await filled.tune_fusion(tenant, DOCS, questions())
    await filled.alter_collection(tenant, Collection(DOCS, storage="halfvec", k1=1.5))
    again = await filled.tune_fusion(tenant, DOCS, questions(count=9))
    assert (again.alpha, again.pinned, again.changed) == (report.alpha, True, False)


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({}, "give questions to learn from, or reset=True"),
        ({"questions": questions(), "reset": True}, "not both"),
        ({"reset": "yes"}, "reset must be True or False"),
        ({"questions": ["who?"]}, "none of the 1 questions"),
        ({"questions": [Question("who?", ["d01"])]}, "no vector, which a hybrid search"),
        ({"questions": "who?"}, "must be a list of questions"),
        ({"questions": questions(), "title_weight": True}, "'docs' has none: Collection"),
        ({"questions": questions(), "title_weight": [0.5]}, "title_weight=0.5 must be a number"),
        ({"questions": questions(), "title_weight": [True]}, "title_weight=True must be a number"),
        ({"questions": questions(), "title_weight": 8}, "must be True for 1, 2, 4, 8, a list"),
        ({"questions": questions(), "candidates": 50}, "must be True for 50, 100, 200, a list"),
        ({"questions": questions(), "candidates": []}, "candidates has no values"),
        ({"questions": questions(), "candidates": range(10, 99)}, "candidates has too many"),
        ({"questions": questions(), "candidates": [9]}, "from 10 to 10,000, not 9"),
    ],
)
@ONE_STORE
async def test_what_cannot_be_used_is_told(
    filled: Any, tenant: str, keywords: dict[str, Any], told: str
) -> None:
    with pytest.raises(InvalidArgumentError, match=told):
        await filled.tune_fusion(tenant, DOCS, **keywords)


@ONE_STORE
async def test_a_model_that_fails_changes_nothing(filled: Any, tenant: str) -> None:
    calls: list[int] = []

    def failing(texts: list[str]) -> Any:
        calls.append(len(texts))
        if len(calls) > 1:
            raise TimeoutError
        return VECTORS[: len(texts)] if len(texts) <= COUNT else np.vstack([VECTORS, VECTORS])[:100]

    asked = [Question(WORDS[n % COUNT], [f"d{n % COUNT:02}"]) for n in range(150)]
    before = await scores(filled, tenant)
    with pytest.raises(TimeoutError):
        await filled.tune_fusion(tenant, DOCS, asked, embed=failing)
    assert await scores(filled, tenant) == before


@ONE_STORE
async def test_what_is_learned_of_a_collection_that_changes_meanwhile_is_not_pinned(
    filled: Any, tenant: str
) -> None:
    asked = [Question(question.text, question.relevant) for question in questions()]
    vectors = [question.vector for question in questions()]
    other = Collection(DOCS, title="title")

    def embed(_: list[str]) -> Any:
        filled.target.alter_collection(tenant, other)
        return vectors

    with pytest.raises(PgRecallError, match="nothing is changed; ask them again"):
        await filled.tune_fusion(tenant, DOCS, asked, embed=embed)
    assert not (await filled.tune_fusion(tenant, DOCS, questions(count=9))).pinned
