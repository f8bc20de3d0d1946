"""LlamaIndex's nodes as items, and back.

A node's text is the item's text, its embedding the vector, and its metadata the item's metadata, so
that an edit of any of them by SQL shows in the node. Beside the user's keys the metadata has three:

- ``ref_doc_id``: the id of the node's source, ``"None"`` without one.
- ``_node_type``: the class.
- ``_node_content``: what else the node holds, as JSON text (which an index on metadata takes as one
  value): fields that differ from their default; its relationships, whose metadata is named rather
  than repeated where it equals the node's own; the order of the metadata's keys, which jsonb does
  not keep; the user's values under these three keys, if any. Left out where that is nothing.

An item without these keys, as another program may write it, is read as a ``TextNode``.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llama_index.core.schema import (
    BaseNode,
    Document,
    ImageNode,
    IndexNode,
    MediaResource,
    MetadataMode,
    Node,
    NodeRelationship,
    ObjectType,
    RelatedNodeInfo,
    TextNode,
)
from pydantic_core import to_jsonable_python

from pgrecall._values.conversions import SCALARS, cleaned, cleaned_deeply, plain
from pgrecall._values.json_text import plain_json, read_json
from pgrecall._values.strings import NamedId, is_blank, nth, shown
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError
from pgrecall.llama_index._filters import SOURCE_KEY
from pgrecall.llama_index._order import in_order, is_ordered, order_of
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPE_KEY, CONTENT_KEY = "_node_type", "_node_content"
RESERVED = (SOURCE_KEY, TYPE_KEY, CONTENT_KEY)
NO_SOURCE = "None"
"""What LlamaIndex's own stores note for a node without a source."""

_CLASSES: tuple[type[BaseNode], ...] = (ImageNode, IndexNode, TextNode, Document, Node)
_BY_NAME = {cls.class_name(): cls for cls in _CLASSES}
_ELSEWHERE = {"id_", "embedding", "metadata", "relationships", "text", "obj"}
_OBJECT_TYPES: dict[Any, ObjectType] = {kind.value: kind for kind in ObjectType}


def to_item(
    node: BaseNode,
    place: int = 0,
    *,
    clean: bool = False,
    zeros: bool = False,
    embedded: bool = True,
) -> Item:
    """Give the item that holds a node; a node of blank text may have no vector.

    Args:
        node: The node.
        place: Where it is in the caller's list: LlamaIndex may have made its id.
        clean: Take out what PostgreSQL cannot store.
        zeros: Whether a zero embedding of a blank text is one; else it is left out.
        embedded: Whether it must have an embedding.

    Raises:
        InvalidArgumentError: The node is none, or has no embedding.
    """
    if not isinstance(node, BaseNode):
        raise InvalidArgumentError(
            f"nodes must be LlamaIndex nodes: {nth(place)} is {type(node).__name__}"
        )
    name = f"node {nth(place)} with id {shown(node.node_id)}"
    text, vector = _text(node), node.embedding
    if clean:
        text = cleaned(text)
    if is_blank(text) and not zeros and vector is not None and not any(vector):
        vector = None
    elif embedded and vector is None and not (is_blank(text) and _is_text_alone(node)):
        raise InvalidArgumentError(
            f"{name} has no embedding: embed nodes before they are added, as VectorStoreIndex and"
            " IngestionPipeline do"
        )
    try:
        metadata = _to_metadata(node, name, clean=clean)
    except RecursionError:
        raise InvalidArgumentError(f"{name} holds what nests too deeply, or holds itself") from None
    return Item(NamedId(node.node_id, name), vector, text, metadata)


def _is_text_alone(node: BaseNode) -> bool:
    others = ("image", "image_resource", "audio_resource", "video_resource")
    return not isinstance(node, ImageNode) and not any(getattr(node, one, None) for one in others)


def _text(node: BaseNode) -> str:
    if type(node) is TextNode:  # the usual one, whose content is its text
        return node.text
    return node.get_content(metadata_mode=MetadataMode.NONE)


def to_node(
    id_: str, text: str, metadata: dict[str, Any], embedding: list[float] | None = None
) -> BaseNode:
    """Give the node that an item holds; ``metadata`` is taken over."""
    metadata.pop(SOURCE_KEY, None)
    cls = _BY_NAME.get(str(metadata.pop(TYPE_KEY, None)), TextNode)
    written = metadata.pop(CONTENT_KEY, None)
    if written is None:
        content = {}
    else:
        content = read_json(written.lstrip())
        metadata |= content.pop("metadata", {})
        metadata = in_order(metadata, content.pop("order", 0))
        if "relationships" in content:
            content["relationships"] = _relationships(content["relationships"], metadata)
    content |= {"id_": id_, "metadata": metadata, "embedding": embedding}
    if issubclass(cls, TextNode):
        content["text"] = text
    else:
        content["text_resource"] = _text_resource(content, text)
        for name in ("image_resource", "audio_resource", "video_resource"):
            if content.get(name) is not None:
                content[name] = _resource(content[name])
    if cls is IndexNode:
        return _index_node(content)
    return cls(**content)


def _to_metadata(node: BaseNode, name: str, *, clean: bool) -> dict[str, Any]:
    metadata, content = node.metadata, _content(node)
    if clean:
        # a resource's data is no part of what pydantic dumps of it
        content = {
            key: _resource_json(value) if isinstance(value, MediaResource) else value
            for key, value in content.items()
        }
        metadata, content = cleaned_deeply(metadata), cleaned_deeply(content)
    stored = dict(metadata)
    if not SCALARS.issuperset(map(type, metadata.values())):
        stored = plain_json(stored, f"the metadata of {name}")  # to note its order
        if order := order_of(stored):
            content["order"] = order
    elif not is_ordered(tuple(metadata)):
        content["order"] = dict.fromkeys(metadata, 0)
    hidden = {key: stored[key] for key in RESERVED if key in stored}
    if hidden:
        content["metadata"] = hidden
        content["order"] = content.get("order") or dict.fromkeys(metadata, 0)
    stored[SOURCE_KEY] = (node.ref_doc_id if node.relationships else None) or NO_SOURCE
    stored[TYPE_KEY] = _type_name(type(node))
    if content:
        try:
            stored[CONTENT_KEY] = _to_json(content)
        except (TypeError, ValueError) as error:
            raise InvalidArgumentError(f"{name} holds what is no JSON: {error}") from error
    else:
        stored.pop(CONTENT_KEY, None)
    return stored


def _content(node: BaseNode) -> dict[str, Any]:
    content: dict[str, Any] = {}
    values = node.__dict__
    for name, default in _defaults(type(node)):
        value = values[name]
        if value != default:
            content[name] = value
    if node.relationships:
        content["relationships"] = {
            NodeRelationship(kind).value: [_link(one, node.metadata) for one in related]
            if isinstance(related, list)
            else _link(related, node.metadata)
            for kind, related in node.relationships.items()
        }
    if isinstance(node, Node):
        _take_text_out(content, node.text_resource)
    if isinstance(node, IndexNode) and node.obj is not None:
        if type(node.obj) in SCALARS or type(node.obj) in (list, dict):
            content["json"] = node.obj
        else:
            content["obj"] = node.dict()["obj"]
    return content


@lru_cache(maxsize=128)
def _defaults(cls: type[BaseNode]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (name, field.get_default(call_default_factory=True))
        for name, field in cls.model_fields.items()
        if name not in _ELSEWHERE
    )


@lru_cache(maxsize=128)
def _type_name(cls: type[BaseNode]) -> str:
    return next((known.class_name() for known in _CLASSES if issubclass(cls, known)), "TextNode")


def _link(info: RelatedNodeInfo, metadata: Mapping[str, Any]) -> dict[str, Any]:
    link: dict[str, Any] = {"node_id": info.node_id}
    if info.node_type is not None:
        link["node_type"] = getattr(info.node_type, "value", info.node_type)
    if info.hash is not None:
        link["hash"] = info.hash
    if info.metadata:
        if _same(info.metadata, metadata):
            link["shares"] = True
        else:
            shared = [
                k for k, v in info.metadata.items() if k in metadata and _same(metadata[k], v)
            ]
            if shared:
                link["shares"] = shared
            link["metadata"] = {k: v for k, v in info.metadata.items() if k not in shared}
    return link


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(one == other)
    except ValueError:  # arrays say only element by element whether they are equal
        return bool(plain(one, lenient=True) == plain(other, lenient=True))


def _relationships(written: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    # as mappings: pydantic makes objects of a whole node's faster than each by itself
    return {
        kind: [_info(one, metadata) for one in related]
        if isinstance(related, list)
        else _info(related, metadata)
        for kind, related in written.items()
    }


def _info(link: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    shares = link.pop("shares", None)
    if shares is True:
        link["metadata"] = metadata
    elif shares:
        shared = {name: metadata[name] for name in shares if name in metadata}
        link["metadata"] = shared | link.get("metadata", {})
    if "node_type" in link:
        link["node_type"] = _OBJECT_TYPES.get(link["node_type"], link["node_type"])
    return link


def _take_text_out(content: dict[str, Any], resource: MediaResource | None) -> None:
    # no text_resource here is the usual one, which holds text and nothing else
    if resource is None:
        content["text_resource"] = None
        return
    rest = _resource_json(resource)
    if rest.get("text") is not None:
        del rest["text"]
        content.pop("text_resource")
        if rest:
            content["text_resource"] = rest
    else:
        content["text_resource"] = {**rest, "text": None}


def _text_resource(content: dict[str, Any], text: str) -> MediaResource | None:
    written = content.get("text_resource", {})
    return None if written is None else _resource({"text": text, **written})


def _resource_json(resource: MediaResource) -> dict[str, Any]:
    written: dict[str, Any] = resource.model_dump(mode="json", exclude_none=True)
    if resource.data is not None:
        # base64 already; LlamaIndex leaves it out of what it writes
        written["data"] = resource.data.decode("ascii")
    return written


def _resource(written: dict[str, Any]) -> MediaResource:
    return MediaResource(**written)


def _index_node(content: dict[str, Any]) -> IndexNode:
    if "json" in content:
        obj = content.pop("json")
        return IndexNode(**content, obj=obj)
    return IndexNode.from_dict(content)


def _as_json(value: Any) -> Any:
    if isinstance(value, MediaResource):
        return _resource_json(value)
    if isinstance(value, Decimal):
        return float(value)
    try:
        return plain(value)
    except Unusable:
        return to_jsonable_python(value)


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_as_json).encode
