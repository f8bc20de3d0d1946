"""Fill a database with llama-index-vector-stores-postgres' own tables, in the peers' environment.

    python make_llama_index.py URL

Prints as JSON what each of them was given: the nodes.
"""

from __future__ import annotations

import json
import random
import sys

from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    IndexNode,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)
from llama_index.vector_stores.postgres import PGVectorStore

SIZE = 8


def nodes() -> list[BaseNode]:
    """Make nodes of every kind: with a source and neighbours, with metadata of every kind."""
    chance = random.Random(7)  # noqa: S311  # no secret
    made: list[BaseNode] = []
    for number in range(40):
        metadata = {
            "zeta": number,
            "a_longer_key": f'it\'s "100%" {number}',
            "tags": ["x", {"b": 1, "a": 2}],
            "nested": {"zz": {"b": None, "a": True}, "y": 1.5},
        }
        node = TextNode(id_=f"node-{number:03}", text=f"the text of número {number}")
        node.metadata = metadata if number % 3 else {"page": number}
        node.excluded_llm_metadata_keys = ["zeta"] if number % 2 else []
        node.start_char_idx = number * 10 or None
        source = RelatedNodeInfo(
            node_id=f"source-{number // 4}",
            node_type=ObjectType.DOCUMENT,
            metadata=dict(node.metadata) if number % 2 else {"page": number, "other": 1},
            hash="h" * 64,
        )
        if number % 5:
            node.relationships[NodeRelationship.SOURCE] = source
            node.relationships[NodeRelationship.CHILD] = [
                RelatedNodeInfo(node_id="c1"),
                RelatedNodeInfo(node_id="c2", metadata=dict(node.metadata)),
            ]
        made.append(node)
    made += [
        Document(id_="document", text="a whole document", metadata={"b": 1, "a": 2}),
        IndexNode(id_="index", text="points elsewhere", index_id="other", metadata={"a": 1}),
        ImageNode(id_="image", text="a caption", image_url="https://example.org/a.png"),
        TextNode(
            id_="reserved",
            text="keys of the store's own",
            metadata={"ref_doc_id": "mine", "_node_type": "X", "doc_id": "d", "a": 1},
        ),
        TextNode(id_="plain", text="nothing else"),
    ]
    for node in made:
        node.embedding = [chance.uniform(-1, 1) for _ in range(SIZE)]
    return made


def fill(url: str, table: str, **options: object) -> list[BaseNode]:
    """Make one store; the node that is added again has two rows."""
    store = PGVectorStore.from_params(
        connection_string=url.replace("postgresql:", "postgresql+psycopg2:", 1),
        async_connection_string=url.replace("postgresql:", "postgresql+asyncpg:", 1),
        table_name=table,
        embed_dim=SIZE,
        **options,
    )
    given, older = nodes(), nodes()[3]
    older.set_content("an older text")
    store.add([older])
    store.add(given)
    return given


def main() -> None:
    """Make every variant of the table."""
    url = sys.argv[1]
    made = {
        "plain": fill(url, "plain"),
        "binary": fill(url, "Binary", use_jsonb=True, schema_name="apart", hybrid_search=True),
        "half": fill(url, "half", use_halfvec=True),
    }
    parts = {
        name: [[type(node).__name__, node.to_json()] for node in given]
        for name, given in made.items()
    }
    print(json.dumps(parts))  # noqa: T201  # the test reads it


if __name__ == "__main__":
    main()
