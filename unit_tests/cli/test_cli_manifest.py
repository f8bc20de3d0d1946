"""What an export says of its collection is read again, by whatever version wrote it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pgrecall import Bm25, Collection, Hnsw, InvalidArgumentError
from pgrecall.cli.files import manifest

DOCS = Collection(
    "docs",
    3,
    "model",
    "cosine",
    index=Hnsw(m=8),
    fields={"page": "number"},
    title="title",
    text_index=Bm25(),
    k1=2.0,
)


def written(collection: Collection) -> dict[str, object]:
    read: dict[str, object] = json.loads(
        json.dumps(manifest.of_collection(collection, vectors=True))
    )
    return read


@pytest.mark.parametrize("collection", [DOCS, replace(DOCS, text_index=None, title=None)])
def test_a_manifest_makes_the_same_collection(collection: Collection) -> None:
    found = manifest.read(written(collection), "a.jsonl")

    assert found is not None
    assert Collection("docs", **found.settings) == collection


def test_an_export_from_before_titles_and_text_indexes_is_read() -> None:
    old = {key: value for key, value in written(DOCS).items() if key not in {"title", "text_index"}}
    found = manifest.read(old, "a.jsonl")

    assert found is not None
    assert Collection("docs", **found.settings) == replace(DOCS, title=None, text_index=None)


def test_a_text_index_that_is_unknown_is_refused() -> None:
    with pytest.raises(InvalidArgumentError, match=r"text_index='other': 'bm25' or null is needed"):
        manifest.read({**written(DOCS), "text_index": "other"}, "a.jsonl")
