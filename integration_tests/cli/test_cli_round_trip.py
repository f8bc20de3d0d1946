"""What `pgrecall export` writes, `pgrecall load` makes again: items and settings."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integration_tests.cli.cli_runs import Cli, notes, write_lines

from pgrecall import ByField, Collection, Hnsw, Hot, Item, IvfFlat, Store
from pgrecall.cli.files import manifest

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("jsonl", "jsonl.gz", "parquet", "pipe")

_TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
_JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=6,
)
_INDEXES = (
    None,
    Hnsw(),
    Hnsw(8, 40, "half"),
    Hnsw(4, 20, "binary"),
    IvfFlat(),
    IvfFlat(3),
)


@st.composite
def collections(draw: st.DrawFn) -> Collection:
    metric = draw(st.sampled_from(["cosine", "l2", "ip", "l1"]))
    kinds = [one for one in _INDEXES if metric != "l1" or not isinstance(one, IvfFlat)]
    kind = st.sampled_from(["number", Hot("number", rows=7, most=2, index=Hnsw(m=8))])
    fields = st.dictionaries(st.sampled_from(["page", "a b", "é"]), kind)
    by_field = ByField("lang", {"de": "german", 'a "b"': "english"}, otherwise="french")
    text_search = draw(st.sampled_from(["english", "german", by_field, None]))
    return Collection(
        "source",
        draw(st.integers(2, 5)),  # pgvector builds no IVFFlat of cosine over one dimension
        draw(st.sampled_from(["", "text-embedding-3-small", "module:function", "\u202eevil\x9b"])),
        metric,
        index=draw(st.sampled_from(kinds)),
        storage=draw(st.sampled_from(["vector", "halfvec"])),
        text_search=text_search,
        fields=draw(st.just({"text": "text"}) | fields),
        table_name=draw(st.none() | st.builds(lambda: f"own_{uuid.uuid4().hex}")),
        k1=draw(st.sampled_from([1.2, 0, 2.5])),
        title=None if text_search is None else draw(st.sampled_from([None, "metadata", "é"])),
    )


@st.composite
def items(draw: st.DrawFn, dimensions: int) -> list[Item]:
    number = st.floats(-100, 100, width=16).filter(lambda value: value == 0 or abs(value) > 1e-3)
    # a vector of zeros has no direction, and one without numbers comes first too
    vector = st.none() | st.lists(number, min_size=dimensions, max_size=dimensions).filter(any)
    ids = draw(st.lists(_TEXT.filter(bool), max_size=5, unique=True))
    metadata = st.dictionaries(_TEXT | st.sampled_from(["metadata", "id", "text"]), _JSON)
    return [Item(id_, draw(vector), draw(_TEXT), draw(metadata)) for id_ in ids]


@pytest.fixture
def cli(dsn: str, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return Cli(dsn, tenant)


def carry(cli: Cli, folder: Path, form: str, *options: str, name: str = "copy") -> Any:
    """Export the collection `source` and load it under another name."""
    if form == "pipe":
        exported = cli.run("export", "source").stdout_bytes
        return cli.run("load", "-", "-c", name, *options, stdin=exported)
    file = str(folder / f"a.{form}")
    cli.run("export", "source", "-o", file)
    return cli.run("load", file, "-c", name, *options)


def described(store: Store, tenant: str, name: str) -> Collection:
    found = store.describe_collection(tenant, name)
    assert found is not None
    return replace(found, name="", table_name=None, fields=dict(found.fields or {}))


def everything(store: Store, tenant: str, name: str) -> list[Item]:
    return store.list_items(tenant, name, limit=None, include_vectors=True)


@settings(
    max_examples=16,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), collection=collections(), form=st.sampled_from(FORMATS))
def test_every_setting_and_every_item_comes_back(
    cli: Cli,
    sync_store: Store,
    tmp_path: Path,
    data: st.DataObject,
    collection: Collection,
    form: str,
) -> None:
    tenant = cli.tenant
    for name in ("source", "copy"):
        sync_store.drop_collection(tenant, name)
    sync_store.ensure_collection(tenant, collection)
    sync_store.upsert(tenant, "source", data.draw(items(collection.dimensions or 0)))
    carry(cli, tmp_path, form)
    assert described(sync_store, tenant, "copy") == described(sync_store, tenant, "source")
    assert everything(sync_store, tenant, "copy") == everything(sync_store, tenant, "source")


def test_vectors_keep_all_24_bits_of_their_numbers(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    rows = np.random.default_rng(1).normal(size=(50, 8)).astype(np.float32)
    sync_store.ensure_collection(cli.tenant, Collection("source", 8))
    sync_store.upsert(cli.tenant, "source", [Item(str(n), row) for n, row in enumerate(rows)])
    for place, form in enumerate(FORMATS):
        carry(cli, tmp_path, form, name=f"copy{place}")
        assert everything(sync_store, cli.tenant, f"copy{place}") == everything(
            sync_store, cli.tenant, "source"
        )


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.parquet"])
def test_an_export_with_times_brings_them_back(
    cli: Cli, sync_store: Store, tmp_path: Path, name: str
) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("source", 2))
    then = dt.datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=dt.UTC)
    items = [Item("a", [1, 2], "", {"created_at": "mine"}, created_at=then), Item("b", [1, 2])]
    sync_store.load(cli.tenant, "source", items, keep_times=True)
    for words, kept in (((), False), (("--times",), True)):
        cli.run("export", "source", "-o", str(tmp_path / name), *words)
        cli.run("load", str(tmp_path / name), "--collection", f"copy {kept}")
        pairs = zip(
            sync_store.list_items(cli.tenant, f"copy {kept}"),
            sync_store.list_items(cli.tenant, "source"),
            strict=True,
        )
        for made, item in pairs:
            assert made == item
            same = (made.created_at, made.updated_at) == (item.created_at, item.updated_at)
            assert same is kept


def test_a_line_whose_time_is_none_is_told(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("source", 2))
    sync_store.upsert(cli.tenant, "source", [Item("a", [1, 2]), Item("b", [1, 2])])
    file = tmp_path / "a.jsonl"
    cli.run("export", "source", "--times", "-o", str(file))
    lines = file.read_text().splitlines()
    lines[1] = json.dumps({**json.loads(lines[1]), "updated_at": "soon"})
    file.write_text("\n".join(lines))

    (reason,) = cli.json("load", str(file), "--collection", "copy", code=2)["reasons"]
    assert reason["reason"] == "'updated_at' is no time: 'soon'"


def make_source(store: Store, tenant: str) -> None:
    store.ensure_collection(
        tenant,
        Collection(
            "source", 2, "m", "l2", index=Hnsw(4, 20), text_search="german", fields={"n": "number"}
        ),
    )
    store.upsert(tenant, "source", [Item("a", [1, 2], "ein Haus", {"n": 1})])


@pytest.mark.parametrize("form", ["parquet", "pipe"])
def test_what_an_option_says_goes_before_what_the_file_says(
    cli: Cli, sync_store: Store, tmp_path: Path, form: str
) -> None:
    make_source(sync_store, cli.tenant)
    words = "--language none --metric cosine --model other --index none --storage halfvec"
    carry(cli, tmp_path, form, *words.split(), "--fields", "")
    assert described(sync_store, cli.tenant, "copy") == replace(
        described(sync_store, cli.tenant, "source"),
        embedding_model="other",
        metric="cosine",
        text_search=None,
        index=None,
        storage="halfvec",
        fields={},
    )


def test_what_differs_from_a_collection_that_is_there_is_told(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    make_source(sync_store, cli.tenant)
    sync_store.ensure_collection(cli.tenant, Collection("copy", 2, "m", "l2", index=Hnsw()))
    (told,) = carry(cli, tmp_path, "jsonl").stderr.splitlines()
    for words in ("text_search='english' (not 'german')", "fields=", "m=16", "m=4"):
        assert words in told
    assert sync_store.count(cli.tenant, "copy") == 1
    assert described(sync_store, cli.tenant, "copy").text_search == "english"


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (Collection("copy", 2, "m", "cosine"), "metric='l2'; 'copy' has metric='cosine'"),
        (Collection("copy", 2, "n", "l2"), "embedding_model='m'; 'copy' has embedding_model='n'"),
        (Collection("copy", 3, "m", "l2"), "dimensions=2; 'copy' has dimensions=3"),
    ],
)
def test_vectors_of_another_kind_are_refused_and_told(
    cli: Cli, sync_store: Store, tmp_path: Path, there: Collection, words: str
) -> None:
    make_source(sync_store, cli.tenant)
    sync_store.ensure_collection(cli.tenant, there)
    file = str(tmp_path / "a.jsonl")
    cli.run("export", "source", "-o", file)
    told = cli.told("load", file, "-c", "copy")
    assert words in told
    assert sync_store.count(cli.tenant, "copy") == 0
    if there.dimensions == 2:
        options = ["--metric", str(there.metric), "--model", there.embedding_model]
        cli.run("load", file, "-c", "copy", *options)
        assert sync_store.count(cli.tenant, "copy") == 1


def test_texts_alone_are_embedded_by_the_model_that_the_file_names(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    rows = write_lines(tmp_path / "source.jsonl", notes(3))
    cli.run("load", rows, "--language", "german", "--metric", "l2")
    file = str(tmp_path / "a.jsonl")
    cli.run("export", "source", "--no-vectors", "-o", file)
    cli.run("load", file, "-c", "copy")
    assert described(sync_store, cli.tenant, "copy") == described(sync_store, cli.tenant, "source")
    assert everything(sync_store, cli.tenant, "copy") == everything(
        sync_store, cli.tenant, "source"
    )
    sync_store.ensure_collection(cli.tenant, Collection("named", 2, "text-embedding-3-small"))
    sync_store.upsert(cli.tenant, "named", [Item("a", None, "words")])
    cli.run("export", "named", "--no-vectors", "-o", file)
    told = cli.told("load", file, "-c", "copy-2")
    assert "holds vectors of 'text-embedding-3-small': name the function" in told
    cli.run("load", file, "-c", "copy-2", "--embed", "wordllama")
    made = described(sync_store, cli.tenant, "copy-2")
    assert (made.dimensions, made.embedding_model) == (256, "wordllama-l2-supercat-256")


def test_a_file_does_not_choose_what_runs_here(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    sync_store.ensure_collection(cli.tenant, Collection("source", 2, "os:system"))
    sync_store.upsert(cli.tenant, "source", [Item("a", [1, 2], "true")])
    file = str(tmp_path / "a.jsonl")
    cli.run("export", "source", "--no-vectors", "-o", file)
    assert "say once that you trust it" in cli.told("load", file, "-c", "copy")


def test_an_index_that_cannot_be_is_told_before_anything_is_stored(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    make_source(sync_store, cli.tenant)
    file = str(tmp_path / "a.jsonl")
    cli.run("export", "source", "-o", file)
    told = cli.told("load", file, "-c", "copy", "--index", "ivfflat", "--metric", "l1")
    assert "IvfFlat has no l1" in told
    assert sync_store.describe_collection(cli.tenant, "copy") is None


def test_every_line_of_an_export_is_an_item_and_those_of_one_collection_join(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    cli.run("load", write_lines(tmp_path / "source.jsonl", notes(4)))
    halves = [
        cli.run("export", "source", "--filter", json.dumps({"page": {op: 2}})).stdout_bytes
        for op in ("$lt", "$gte")
    ]
    assert [json.loads(line)["id"] for half in halves for line in half.splitlines()] == [
        f"note-{n}" for n in range(4)
    ]
    cli.run("load", "-", "-c", "copy", stdin=b"".join(halves))
    assert everything(sync_store, cli.tenant, "copy") == everything(
        sync_store, cli.tenant, "source"
    )


def test_exports_of_two_collections_do_not_mix(cli: Cli, sync_store: Store, tmp_path: Path) -> None:
    make_source(sync_store, cli.tenant)
    first = cli.run("export", "source").stdout_bytes
    file = tmp_path / "a.jsonl"
    for other in (
        first.replace(b'"model": "m"', b'"model": "n"'),
        b'{"id": "z", "text": "z", "embedding": [1, 2]}\n',
    ):
        file.write_bytes((first + other) if b'"model"' in other else (other + first))
        told = cli.told("load", str(file), "-c", "copy")
        assert "line 2 of" in told
        assert "load one export at a time, its first line first" in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"version": 2}, "was exported by a later pgrecall"),
        ({"metric": 3}, "hold metric=3: cosine or l2 or ip or l1 is needed"),
        ({"model": None}, "hold model=None: a text is needed"),
        ({"index": {"kind": "Disk"}}, "hold index={'kind': 'Disk'}, which this pgrecall has not"),
        ({"metric": "hamming"}, "hold metric='hamming'"),
    ],
)
def test_settings_that_were_changed_by_hand_are_one_line(
    cli: Cli, sync_store: Store, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    make_source(sync_store, cli.tenant)
    line = json.loads(cli.run("export", "source").stdout)
    line[manifest.KEY] |= change
    assert words in cli.told("load", write_lines(tmp_path / "a.jsonl", [line]), "-c", "copy")


def test_a_key_of_that_name_that_is_no_description_is_metadata(
    cli: Cli, sync_store: Store, tmp_path: Path
) -> None:
    row = {"id": "a", "text": "words", "embedding": [1, 2], manifest.KEY: "mine"}
    cli.run("load", write_lines(tmp_path / "copy.jsonl", [row]))
    assert everything(sync_store, cli.tenant, "copy")[0].metadata == {manifest.KEY: "mine"}
