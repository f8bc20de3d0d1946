"""Every verb of the stores, called so that a test can tell what an interruption left of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

from integration_tests.interruptions.adopting_calls import (
    adopt,
    after_adopting,
    judge_adopting,
    prepare_adopting,
)
from integration_tests.interruptions.ground import (
    BATCHED,
    INTERRUPTED,
    QUERY,
    READS,
    Ground,
    items,
    plain,
)
from integration_tests.interruptions.reembed_calls import (
    after_reembed,
    changed,
    judge_reembed,
    prepare_reembed,
)
from psycopg import sql
from psycopg.types.json import Jsonb

from pgrecall import Change, Collection, Condition, Hnsw, Item, RecallReport
from pgrecall.evaluation import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

APART = {"close", "pool_statistics", "bind", "on"}
"""Public methods that are no verb: none of them asks a server anything for a tenant."""

ASKED = [Question("secret", [f"id-{number}" for number in range(3)], QUERY)] * 3

Prepare: TypeAlias = Callable[[Ground], object]
Call: TypeAlias = Callable[[Any, Ground, str], Any]
Judge: TypeAlias = Callable[[Ground, str, Any], "Iterable[str]"]
After: TypeAlias = Callable[[Any, Ground, str], "list[tuple[Callable[[], Any], Any]]"]


@dataclass(frozen=True)
class Case:
    """A call that is interrupted.

    Attributes:
        verb: The store's method.
        call: Calls it on either store; the string is new in every trial.
        prepare: Brings about what the call needs, past the store that is disturbed.
        judge: Looks at the server, told the call's value or ``INTERRUPTED``.
        again: Calls that must work on the disturbed store then, and what each must give: a value,
            one of a set, or anything (``...``).
        label: Tells two cases of one verb apart.
        is_heavy: Takes so long that a campaign tries it seldom.
    """

    verb: str
    call: Call
    prepare: Prepare = lambda _: None
    judge: Judge = lambda *_: ()
    again: After = lambda *_: []
    label: str = ""
    is_heavy: bool = False

    @property
    def name(self) -> str:
        """Name the case."""
        return f"{self.verb} {self.label}".strip()


def verbs(store: type) -> set[str]:
    """Give a store's public methods that are verbs."""
    public = {name for name, _ in inspect.getmembers(store, inspect.isfunction) if name[0] != "_"}
    return public - APART


def read(name: str) -> Case:
    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        return [] if value is INTERRUPTED else ground.read_faults(name, ground.alice, value)

    return Case(name, lambda store, ground, _: READS[name](store, ground.alice), judge=judge)


def of_table(verb: str, *arguments: Any, right: Any, **keywords: Any) -> Case:
    """Make a case of a verb that reads "docs" and gives a known answer."""

    def judge(_: Ground, __: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and plain(value) != right:
            yield f"wrong answer: {verb} gave {value}"

    return Case(
        verb,
        lambda store, ground, _: getattr(store, verb)(ground.alice, "docs", *arguments, **keywords),
        judge=judge,
        is_heavy=verb == "tune",
    )


def warmed() -> Case:
    """Make the case of ``prewarm``: it reads, and tells how much."""

    def judge(_: Ground, __: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and value.table_bytes <= 0:
            yield f"wrong answer: prewarm gave {value}"

    return Case(
        "prewarm", lambda store, ground, _: store.prewarm(ground.alice, "docs"), judge=judge
    )


def evaluated() -> Case:
    """Make the case of ``evaluate``: it searches, and tells how good that was."""

    def judge(_: Ground, __: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and value["text"].hit_rate.value != 1:
            yield f"wrong answer: evaluate gave {value}"

    return Case(
        "evaluate",
        lambda store, ground, _: store.evaluate(ground.alice, "docs", ASKED),
        judge=judge,
    )


def reranked() -> Case:
    """Make the case of a search that a model reorders: where a loop runs, in a thread."""

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        if value is INTERRUPTED:
            return
        scores = [match.rerank_score for match in value]
        if len(scores) != 3 or scores != sorted(scores, reverse=True):
            yield f"wrong answer: a reranked search gave {value}"
        if not all(ground.alice in match.text for match in value):
            yield f"another tenant's items: {value}"

    return Case(
        "search_hybrid",
        lambda store, ground, _: store.search_hybrid(
            ground.alice,
            "docs",
            QUERY,
            "secret",
            limit=3,
            rerank=lambda _, texts: range(len(texts)),
        ),
        judge=judge,
        label="reranked",
    )


def replayed() -> Case:
    """Make the case of ``replay``: it reads a search of the log, and asks it again."""

    def prepare(ground: Ground) -> None:
        found = ground.side.search_text(ground.alice, "docs", "secret", limit=3)
        asked = {"mode": "text", "text": "secret", "limit": 3, "options": {}, "unsaid": []}
        document = {**asked, "hash": "", "ids": [match.id for match in found]}
        ground.server.execute(
            "INSERT INTO pgrecall.log (tenant, kind, collection, document)"
            " SELECT %s, 'search', 'docs', %s"
            " WHERE NOT EXISTS (SELECT FROM pgrecall.log WHERE tenant = %s AND kind = 'search')",
            [ground.alice, Jsonb(document), ground.alice],
        )

    def judge(_: Ground, __: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and value["as then"].same.value != 1:
            yield f"wrong answer: replay gave {value}"

    return Case(
        "replay", lambda store, ground, _: store.replay(ground.alice, "docs"), prepare, judge
    )


REPORT = RecallReport(
    recall=0.5, low=0.4, high=0.6, k=10, sample=20, settings={}, exact_ms=1.0, index_ms=1.0
)
"""A report that is kept, read and removed."""


def reports() -> Iterator[Case]:
    """Make the cases of the verbs of reports: one is kept before each."""

    def prepare(ground: Ground) -> None:
        ground.side.delete_report(ground.alice, "docs", "before")
        ground.side.keep_report(ground.alice, "docs", REPORT, "before")

    def judge_one(_: Ground, __: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and (value.name, value.report) != ("before", REPORT):
            yield f"wrong answer: a report is {value}"

    def judge_list(ground: Ground, mark: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED:
            yield from judge_one(ground, mark, value[0])

    def judge_removed(ground: Ground, _: str, value: Any) -> Iterable[str]:
        left = ground.side.list_reports(ground.alice, "docs", kind="recall")
        if value is not INTERRUPTED and (value != 1 or left):
            yield f"wrong answer: delete_report gave {value}, and {left} are left"

    yield Case(
        "keep_report",
        lambda store, ground, _: store.keep_report(ground.alice, "docs", REPORT, "before"),
        prepare,
        judge_one,
    )
    yield Case(
        "list_reports",
        lambda store, ground, _: store.list_reports(ground.alice, "docs"),
        prepare,
        judge_list,
    )
    yield Case(
        "get_report",
        lambda store, ground, _: store.get_report(ground.alice, "docs", "before"),
        prepare,
        judge_one,
    )
    yield Case(
        "delete_report",
        lambda store, ground, _: store.delete_report(ground.alice, "docs", "before"),
        prepare,
        judge_removed,
    )


def judge_batches(name: str, ground: Ground, token: str, value: Any) -> Iterable[str]:
    """An acknowledged write is there; another is there batch by batch, the first ones first."""
    try:
        found = ground.batches(name)
    except AssertionError as error:
        return [f"torn batch: {error}"]
    count, size = BATCHED[name]
    written = [found[batch] == token for batch in range(count)]
    if value is not INTERRUPTED:
        if value != count * size:
            return [f"wrong answer: {value} written"]
        return [] if all(written) else [f"lost write: of the batches {written} are stored"]
    return [] if written == sorted(written, reverse=True) else [f"torn batches: {written}"]


def write(verb: str, name: str, *, changes: bool = False, **keywords: Any) -> Case:
    def call(store: Any, ground: Ground, token: str) -> Any:
        made: Any = items(*BATCHED[name], token)
        if changes:
            made = [Change(item.id, text=item.text) for item in made]
        return getattr(store, verb)(ground.alice, name, made, **keywords)

    def fill(ground: Ground) -> None:
        if verb == "load":
            ground.side.clear(ground.alice, name)

    def again(store: Any, ground: Ground, token: str) -> list[tuple[Callable[[], Any], Any]]:
        count, size = BATCHED[name]
        later = token + "'"
        return [
            (partial(call, store, ground, later), count * size),
            (partial(ground.batches, name), dict.fromkeys(range(count), later)),
        ]

    judge = partial(judge_batches, name)
    return Case(verb, call, fill, judge, again, name, is_heavy=name == "large")


def removal(verb: str, *arguments: Any) -> Case:
    """Make a case of a verb that removes every item of "small"."""
    count, size = BATCHED["small"]

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        try:
            left = ground.batches("small")[0]
        except AssertionError as error:
            yield f"torn batch: {error}"
            return
        if value is not INTERRUPTED and value != size:
            yield f"wrong answer: {verb} removed {value} of {size}"
        if value is not INTERRUPTED and left is not None:
            yield f"lost write: {verb} removed nothing"

    return Case(
        verb,
        lambda store, ground, _: getattr(store, verb)(ground.alice, "small", *arguments),
        lambda ground: ground.side.upsert(ground.alice, "small", items(count, size, "there")),
        judge,
        lambda store, ground, _: [
            (partial(getattr(store, verb), ground.alice, "small", *arguments), {0, size})
        ],
    )


def marking() -> Case:
    """Make a case of a verb that changes every item of "small" at once."""
    count, size = BATCHED["small"]
    where = Condition("batch", "eq", 0)

    def call(store: Any, ground: Ground, token: str) -> Any:
        return store.update_where(ground.alice, "small", where, set={("a", "mark"): token})

    def judge(ground: Ground, token: str, value: Any) -> Iterable[str]:
        query = "SELECT metadata -> 'a' ->> 'mark' FROM {}"
        marked = {row[0] == token for row in ground.rows(ground.alice, "small", query)}
        if len(marked) > 1:
            yield "torn batch: some are marked"
        if value is not INTERRUPTED and (value != size or marked != {True}):
            yield f"lost write: {value} of {size} are said to be marked"

    return Case(
        "update_where",
        call,
        lambda ground: ground.side.upsert(ground.alice, "small", items(count, size, "there")),
        judge,
        lambda store, ground, token: [(partial(call, store, ground, token + "'"), size)],
    )


def of_collection(
    verb: str, call: Call, prepare: Prepare, *, exists: bool, right: Any = INTERRUPTED
) -> Case:
    """Make a case of a verb that makes or drops "made"."""

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        if value is INTERRUPTED:
            return
        if right is not INTERRUPTED and value != right:
            yield f"wrong answer: {verb} gave {value}"
        if (ground.table(ground.alice, "made") is not None) != exists:
            yield f"lost write: {verb} did nothing"

    def again(store: Any, ground: Ground, token: str) -> list[tuple[Callable[[], Any], Any]]:
        alice = ground.alice
        return [
            (lambda: store.ensure_collection(alice, made()), ...),
            (lambda: store.upsert(alice, "made", [Item(token, QUERY)]), 1),
            (lambda: store.get(alice, "made", [token]), [(token, "")]),
        ]

    return Case(verb, call, prepare, judge, again)


def made() -> Collection:
    return Collection("made", 8)


def make(ground: Ground) -> None:
    ground.side.ensure_collection(ground.alice, made())
    ground.side.clear(ground.alice, "made")
    ground.side.upsert(ground.alice, "made", items(1, 5, "text"))


def maintained() -> Case:
    """Make a case of an index that is missing and brought back."""
    who = "maintained"  # a tenant of its own: every collection would be looked at

    def prepare(ground: Ground) -> None:
        ground.side.ensure_collection(who, Collection("indexed", 8))
        found = ground.rows(
            who,
            "indexed",
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{}'::regclass"
            " AND indexrelid::regclass::text LIKE '%_metadata'",
        )
        for (name,) in found:
            ground.server.execute(sql.SQL("DROP INDEX " + name))

    return Case(
        "maintain",
        lambda store, *_: store.maintain(who),
        prepare,
        again=lambda store, *_: [(lambda: store.maintain(who), ...)],
        is_heavy=True,
    )


def forgotten() -> Case:
    """Make a case of a tenant of whom everything goes, or nothing."""
    who = "forgotten"  # a tenant of its own: nothing of it is left

    def prepare(ground: Ground) -> None:
        ground.side.forget(who)
        for name in ("one", "two"):
            ground.side.ensure_collection(who, Collection(name, 8))
            ground.side.upsert(who, name, items(1, 5, "text"))

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        # in one statement: a commit may come to its end between two
        there = [one.name for one in ground.side.list_collections(who)]
        if len(there) == 1:
            yield f"torn: of two collections {there} is left"
        if value is not INTERRUPTED and (there or (value.items, value.collections) != (10, 2)):
            yield f"lost write: forget gave {value} and left {there}"

    def again(store: Any, ground: Ground, _: str) -> list[tuple[Callable[[], Any], Any]]:
        return [
            (lambda: store.forget(who), ...),
            (lambda: store.list_collections(who), []),
        ]

    return Case("forget", lambda store, *_: store.forget(who), prepare, judge, again)


def renamed() -> Case:
    """Make a case of a collection that has one of two names, with all of its items."""

    def prepare(ground: Ground) -> None:
        ground.side.drop_collection(ground.alice, "renamed")
        ground.side.ensure_collection(ground.alice, Collection("named", 8))
        ground.side.clear(ground.alice, "named")
        ground.side.upsert(ground.alice, "named", items(1, 5, "text"))

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        names = [n for n in ("named", "renamed") if ground.table(ground.alice, n) is not None]
        if len(names) != 1:
            yield f"torn: the collection is found under {names}"
        elif ground.rows(ground.alice, names[0], "SELECT count(*)::int FROM {}") != [(5,)]:
            yield "lost write: items went with the name"
        if value is not INTERRUPTED and names != ["renamed"]:
            yield "lost write: rename_collection did nothing"

    return Case(
        "rename_collection",
        lambda store, ground, _: store.rename_collection(ground.alice, "named", "renamed"),
        prepare,
        judge,
        lambda store, ground, _: [(lambda: store.list_collections(ground.alice), ...)],
    )


def altered() -> Case:
    """Make a case of a collection whose declared fields become others."""
    wanted = Collection("altered", fields={"kind": "text"})

    def prepare(ground: Ground) -> None:
        ground.side.ensure_collection(ground.alice, Collection("altered", 8))
        ground.side.alter_collection(ground.alice, Collection("altered", fields={"n": "number"}))
        ground.side.upsert(ground.alice, "altered", items(1, 5, "text"))

    def judge(ground: Ground, _: str, value: Any) -> Iterable[str]:
        if value is not INTERRUPTED and value.fields != wanted.fields:
            yield f"wrong answer: alter_collection left {value.fields}"

    def again(store: Any, ground: Ground, _: str) -> list[tuple[Callable[[], Any], Any]]:
        return [
            (lambda: store.alter_collection(ground.alice, wanted), ...),
            (lambda: store.count(ground.alice, "altered"), 5),
        ]

    return Case(
        "alter_collection",
        lambda store, ground, _: store.alter_collection(ground.alice, wanted),
        prepare,
        judge,
        again,
        is_heavy=True,
    )


def of_index(verb: str, *arguments: Any, has_index: bool) -> Case:
    """Make a case of a verb that changes the index of "indexed"."""

    def prepare(ground: Ground) -> None:
        alice, wanted = ground.alice, Collection("indexed", 8)
        if ground.table(alice, "indexed") is None:
            ground.side.ensure_collection(alice, wanted)
            ground.side.load(alice, "indexed", items(1, 30, "text"))
        described = ground.side.ensure_collection(alice, wanted)
        if has_index and described.index is None:
            ground.side.create_index(alice, "indexed", Hnsw())

    def again(store: Any, ground: Ground, _: str) -> list[tuple[Callable[[], Any], Any]]:
        alice = ground.alice
        nearest = items(1, 1, "text")[0]
        return [
            (lambda: store.create_index(alice, "indexed", Hnsw()), None),
            (
                lambda: store.search(alice, "indexed", nearest.vector, limit=1, exact=False),
                [(nearest.id, "text")],
            ),
            (
                lambda: ground.rows(
                    alice,
                    "indexed",
                    "SELECT count(*)::int FROM pg_index"
                    " WHERE indrelid = '{}'::regclass AND NOT indisvalid",
                ),
                [(0,)],
            ),
        ]

    return Case(
        verb,
        lambda store, ground, _: getattr(store, verb)(ground.alice, "indexed", *arguments),
        prepare,
        again=again,
        is_heavy=True,
    )


CASES = [
    *(read(name) for name in READS),
    Case("list_collections", lambda store, ground, _: store.list_collections(ground.alice)),
    reranked(),
    of_table("measure_recall", right=1.0, k=2, sample=3),
    of_table("tune", right=1.0, k=2),
    warmed(),
    evaluated(),
    replayed(),
    *reports(),
    Case("tune_fusion", lambda store, ground, _: store.tune_fusion(ground.alice, "docs", ASKED)),
    Case(
        "tune_fusion",
        lambda store, ground, _: store.tune_fusion(ground.alice, "docs", reset=True),
        label="reset",
    ),
    write("upsert", "small"),
    write("upsert", "batches", batch_size=10, progress=lambda _: None),
    write("upsert", "large"),
    write("load", "loaded"),
    write("update", "batches", changes=True, batch_size=10, progress=lambda _: None),
    marking(),
    removal("delete", [item.id for item in items(*BATCHED["small"], "")]),
    removal("delete_where", Condition("batch", "eq", 0)),
    removal("clear"),
    of_collection(
        "ensure_collection",
        lambda store, ground, _: store.ensure_collection(ground.alice, made()),
        lambda ground: ground.side.drop_collection(ground.alice, "made"),
        exists=True,
    ),
    of_collection(
        "drop_collection",
        lambda store, ground, _: store.drop_collection(ground.alice, "made"),
        make,
        exists=False,
        right=5,
    ),
    of_index("create_index", Hnsw(), has_index=False),
    of_index("reindex", has_index=True),
    of_index("drop_index", has_index=True),
    Case(
        "reembed",
        lambda store, ground, _: changed(store, ground),
        prepare_reembed,
        judge_reembed,
        after_reembed,
        is_heavy=True,
    ),
    Case(
        "abandon_reembed",
        lambda store, ground, _: store.abandon_reembed(ground.alice, "changed"),
        partial(prepare_reembed, half=True),
        again=after_reembed,
        is_heavy=True,
    ),
    maintained(),
    forgotten(),
    renamed(),
    altered(),
    Case(
        "adopt_collection",
        lambda store, ground, _: adopt(store, ground),
        prepare_adopting,
        judge_adopting,
        after_adopting,
    ),
]
"""A case at least for every verb."""
