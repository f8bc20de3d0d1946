"""A million real short texts with vectors of 256 dimensions: filters, text, and both at once."""

from __future__ import annotations

import math
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from big_sets import BLOCK, K, kept, recall, truth
from common import SEED, TENANT, seconds, size_text, spread, table, table_of
from short_texts import SOURCES, Texts

from pgrecall import Collection, Hnsw, Item, Store, sizes
from pgrecall.demo.embedding import DIMENSIONS, MODEL, Embedder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from headline_run import Run
    from numpy.typing import NDArray
    from rich.table import Table
    from vector_sets import Matrix

_QUESTIONS, _WORDS = 1_000, 6
"""Questions that recall is measured with: its standard error is then some thousandths."""
_TIMED, _WARMING = 200, 20
_FEWEST, _SECONDS = 50, 10.0
"""Questions that are timed at least, where so long is over before all are."""
_SHARES = (0.5, 0.1, 0.01, 0.001)
_DEEP = 100
_LATER = "vector, after maintain"
_WITH_RECALL = ("vector", _LATER)
_AT_ONCE = 2_000
_LOST = 0.5
"""A question that finds less of its neighbours is lost: it was led to a wrong place."""


class Asked(NamedTuple):
    """One filter.

    Attributes:
        name: What it is called.
        filter: As a search takes it.
        passes: Which rows it lets through.
    """

    name: str
    filter: dict[str, Any] | None
    passes: NDArray[np.bool_]


def texts_room(rows: int) -> float:
    """Give the bytes of disk that it takes."""
    size = sizes.estimate(rows, DIMENSIONS, index=Hnsw(), text_bytes=140, metadata_bytes=50)
    return 1.1 * size.disk + rows * (4 * DIMENSIONS + 200)  # the vectors and texts beside it


def texts_cell(run: Run, rows: int, *, again: bool, keep: bool) -> tuple[Table, list[str]]:
    """Measure what is not measured yet, and give the table and its notes."""
    name = f"texts:{rows}"
    if again:
        run.state.forget(name)
    done = run.state.of(name)
    if "search" not in done or not (keep or "dropped" in done):
        _measure(run, name, rows, keep=keep)
    return _table(run.state.of(name), rows), _notes(run.state.of(name))


def _measure(run: Run, name: str, rows: int, *, keep: bool) -> None:
    print(f"{name}: texts and their vectors", flush=True)
    # other questions are other rows, too
    found = run.folder / f"texts-{rows}-{_QUESTIONS}.json"
    texts = Texts.kept(found, rows, _QUESTIONS)
    state = run.state
    if state.once(name, "texts", lambda: [texts.real, texts.told()])[0] != texts.real:
        msg = "the machine has other texts than when this began: give --again, or another folder"
        raise SystemExit(msg)
    embed = Embedder().questions
    path = run.folder / f"texts-{rows}-{_QUESTIONS}.npy"
    vectors = kept(path, partial(_embedded, texts.texts, embed))
    questions = embed(texts.questions)
    with Store(run.dsn) as store:
        for step, action in (
            ("load", lambda: _load(run, store, name, _items(texts, vectors))),
            ("build", lambda: _build(run, store, name)),
            ("search", lambda: _search(run, store, name, texts, (vectors, questions))),
        ):
            print(f"{name}: {step}", flush=True)
            state.once(name, step, action)
        if not keep:
            state.once(name, "dropped", lambda: store.drop_collection(TENANT, name))
            path.unlink()
            found.unlink()


def _embedded(texts: Sequence[str], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
    made = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)

    def fill(place: int) -> None:
        made[place : place + _AT_ONCE] = embed(texts[place : place + _AT_ONCE])

    with ThreadPoolExecutor() as hands:
        for _ in hands.map(fill, range(0, len(texts), _AT_ONCE)):
            pass
    made[~made.any(axis=1), 0] = 1  # no word of it is known: cosine has no place for that
    return made


def _numbers(rows: int) -> NDArray[np.int64]:
    """Give each row a number by chance."""
    return np.random.default_rng(SEED).permutation(rows)


def _items(texts: Texts, vectors: Matrix) -> Iterator[Item]:
    numbers = _numbers(len(texts.texts)).tolist()
    for place, (text, kind) in enumerate(zip(texts.texts, texts.kinds, strict=True)):
        metadata = {"kind": SOURCES[kind], "number": numbers[place]}
        yield Item(f"{place:08d}", vectors[place], text, metadata)


def _filters(texts: Texts, rows: int) -> list[Asked]:
    numbers, kinds = _numbers(rows), np.array(texts.kinds)
    asked = [Asked("none", None, np.ones(rows, dtype=bool))]
    asked += [
        Asked(
            f"{share:.1%} at random",
            {"number": {"$lt": round(share * rows)}},
            numbers < round(share * rows),
        )
        for share in _SHARES
    ]
    for kind, word in enumerate(SOURCES):
        passes = kinds == kind
        asked.append(Asked(f"kind: {word}, {passes.mean():.0%}", {"kind": word}, passes))
    return asked


def _load(run: Run, store: Store, name: str, items: Iterator[Item]) -> dict[str, Any]:
    store.drop_collection(TENANT, name)  # of a run that was broken off
    store.ensure_collection(
        TENANT,
        Collection(
            name,
            DIMENSIONS,
            MODEL,
            "cosine",
            index=None,
            fields={"kind": "text", "number": "number"},
        ),
    )
    with run.watch.watching():
        took = seconds(lambda: store.load(TENANT, name, items))
    return {"seconds": took, "memory": run.watch.bytes}


def _build(run: Run, store: Store, name: str) -> dict[str, Any]:
    with run.watch.watching():
        took = seconds(lambda: store.create_index(TENANT, name, Hnsw()))
    return {"seconds": took, "memory": run.watch.bytes}


def _search(
    run: Run, store: Store, name: str, texts: Texts, among: tuple[Matrix, Matrix]
) -> dict[str, Any]:
    vectors, questions = among
    words = [" ".join(text.split()[:_WORDS]) for text in texts.questions]
    store.prewarm(TENANT, name)

    def by_vector(limit: int, number: int, of: Asked) -> Any:
        return store.search(TENANT, name, questions[number], filter=of.filter, limit=limit)

    def by_text(limit: int, number: int, of: Asked) -> Any:
        return store.search_text(TENANT, name, words[number], filter=of.filter, limit=limit)

    ways: dict[str, Callable[[int, Asked], Any]] = {
        "vector": partial(by_vector, K),
        "text": partial(by_text, K),
        "both": lambda n, of: store.search_hybrid(
            TENANT, name, questions[n], words[n], filter=of.filter
        ),
        # as deep as a hybrid search asks its arms
        "vector, 100 rows": partial(by_vector, _DEEP),
        "text, 100 rows": partial(by_text, _DEEP),
    }
    asked = _filters(texts, len(vectors))
    true = _truth(vectors, questions, [of.passes for of in asked])
    every: list[dict[str, Any]] = []

    def tell(way: str, search: Callable[[int, Asked], Any], of: Asked, number: int) -> None:
        times, answers = _timed(partial(_at, search, of))
        told = {"filter": of.name, "by": way, "asked": len(answers), **times}
        if way in _WITH_RECALL:
            answers += [search(place, of) for place in range(len(answers), _QUESTIONS)]
            told |= _recall(answers, true[number])
        every.append(told)

    with run.watch.watching():
        for number, of in enumerate(asked):
            for way, search in ways.items():
                tell(way, search, of, number)
        # what the end of the build had no time to measure
        took = seconds(lambda: store.maintain(TENANT))
        for number, of in enumerate(asked):
            tell(_LATER, ways["vector"], of, number)
    return {
        "every": every,
        "maintain": took,
        "memory": run.watch.bytes,
        "disk": run.disk(table_of(store, name)),
        "server": run.server(),
    }


def _recall(answers: Sequence[Any], true: NDArray[np.int64]) -> dict[str, float]:
    """Give the recall, its standard error, and the part of the questions that lost most."""
    found = [[int(match.id) for match in answer] for answer in answers]
    # a question's own share of its true neighbours
    shares = [recall([one], true[place : place + 1]) for place, one in enumerate(found)]
    return {
        "recall": statistics.fmean(shares),
        "error": statistics.stdev(shares) / math.sqrt(len(shares)),
        "lost": statistics.fmean(share < _LOST for share in shares),
        "asked_for_recall": len(shares),
    }


def _at(search: Callable[[int, Asked], Any], of: Asked, number: int) -> object:
    return search(number, of)


def _timed(search: Callable[[int], Any]) -> tuple[dict[str, float], list[Any]]:
    """Ask each question once, as many as there is time for: how long they took, and the answers."""
    began = time.perf_counter()
    for number in range(_WARMING):
        search(number)
        if time.perf_counter() - began > _SECONDS:
            break
    began = time.perf_counter()
    times: list[float] = []
    answers: list[Any] = []
    for number in range(_TIMED):
        start = time.perf_counter()
        answers.append(search(number))
        times.append(1000 * (time.perf_counter() - start))
        if number + 1 >= _FEWEST and time.perf_counter() - began > _SECONDS:
            break
    return spread(times), answers


def _truth(
    vectors: Matrix, questions: Matrix, passes: Sequence[NDArray[np.bool_]]
) -> list[NDArray[np.int64]]:
    """Give the true neighbours under each filter: of the rows that it lets through alone."""
    found = []
    for one in passes:
        numbers = np.flatnonzero(one)
        blocks = (
            vectors[numbers[place : place + BLOCK]] for place in range(0, len(numbers), BLOCK)
        )
        near = truth(blocks, questions)
        found.append(np.where(near < 0, -1, numbers[near]))
    return found


def _table(done: dict[str, Any], rows: int) -> Table:
    made = table(
        f"{rows:,} texts x {DIMENSIONS}",
        "filter",
        "search",
        "p50 ms",
        "p95 ms",
        "recall@10",
        "lost",
    )
    for one in done["search"]["every"]:
        found, lost = "", ""
        if "recall" in one:
            found, lost = f"{one['recall']:.3f} ± {one['error']:.3f}", f"{one['lost']:.1%}"
        times = f"{one['p50']:.2f}", f"{one['p95']:.2f}"
        made.add_row(one["filter"], one["by"], *times, found, lost)
    return made


def _notes(done: dict[str, Any]) -> list[str]:
    load, build, search = done["load"], done["build"], done["search"]
    disk = search["disk"]
    memory = size_text(max(load["memory"] or 0, build["memory"] or 0) or None)
    loaded = (
        f"loaded in {load['seconds']:.0f} s, with full text and two declared fields; index (and"
        f" measuring) {build['seconds']:.0f} s, `maintain` {search['maintain']:.0f} s; memory"
        f" {memory}, of searches"
        f" {size_text(search['memory'])}; table {size_text(disk['table'])}, index"
        f" {size_text(disk['index'])}, other indexes {size_text(disk['others'])}"
    )
    fewest = min(one["asked"] for one in search["every"])
    asked = (
        f"times: of {_TIMED} questions, texts that are no rows, by text their first {_WORDS} words;"
        f" {fewest} at least, where all would have taken more than {_SECONDS:.0f} s"
    )
    recalled = (
        f"recall: of {_QUESTIONS:,} such questions, those that are timed and more, ± its standard"
        f" error; lost: questions that found less than {_LOST:.0%} of their neighbours"
    )
    return [
        f"{done['texts'][1]}; vectors of {MODEL}",
        loaded,
        asked,
        recalled,
    ]
