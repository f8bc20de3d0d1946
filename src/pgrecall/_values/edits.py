"""What a change sets in metadata and removes from it: checked, and brought to one tree.

The tree has what is done and nothing twice: a field that is set within another one that is set is
in the other's value. So SQL can do it at once, each object of the metadata read once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from pgrecall._values.conversions import MAX_DEPTH
from pgrecall._values.fields import field_keys
from pgrecall._values.item_parts import check_indexed
from pgrecall._values.json_text import json_bytes, plain_json
from pgrecall._values.strings import shown
from pgrecall._values.unusable import Unusable
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Path: TypeAlias = tuple[str, ...]

MAX_OBJECTS = 300
"""Objects that one change looks into: each takes up to three columns, of which a row has 1,664."""

_SHOWN_KEYS = 8  # of a path in a message


class EditShape(NamedTuple):
    """What the SQL of an edit depends on: not its keys and values.

    Attributes:
        sets: Whether keys of this object are set.
        removes: Whether keys of it are removed.
        makes: Whether something is set in it or below: it is made where it is missing.
        is_over: Whether something else takes its place in the end.
        inner: The objects in it.
    """

    sets: bool
    removes: bool
    makes: bool
    is_over: bool
    inner: tuple[EditShape, ...]

    @property
    def nests(self) -> bool:
        """Whether it can meet something that is no object where one has to be."""
        return any(one.makes for one in self.inner)


@dataclass(slots=True)
class Node:
    """What is done to one object of the metadata.

    Attributes:
        sets: Keys that are set, with their values.
        removes: Keys that are removed.
        inner: Objects in it that are changed. One whose key is in the other two is over: nothing
            is left of it but that it must have been an object.
        is_over: Whether it is.
    """

    sets: dict[str, Any] = field(default_factory=dict)
    removes: dict[str, None] = field(default_factory=dict)
    inner: dict[str, Node] = field(default_factory=dict)
    is_over: bool = False

    @property
    def makes(self) -> bool:
        """Whether it is made where it is missing."""
        return self.is_over or bool(self.sets) or any(one.makes for one in self.inner.values())

    def shape(self) -> EditShape:
        """Give what the SQL depends on."""
        inner = tuple(node.shape() for node in self.inner.values())
        return EditShape(bool(self.sets), bool(self.removes), self.makes, self.is_over, inner)

    def nodes(self, path: Path = ()) -> Iterator[tuple[Path, Node]]:
        """Give this and all below with their paths, in the order of their numbers in SQL."""
        yield path, self
        for key, node in self.inner.items():
            yield from node.nodes((*path, key))

    def set(self, path: Path, value: Any) -> None:
        """Set a field, after what was done before."""
        parent = self._parent(path)
        if isinstance(parent, Node):
            parent.forget(path[-1])
            parent.sets[path[-1]] = value
        else:
            parent[path[-1]] = value

    def remove(self, path: Path) -> None:
        """Remove a field, after what was done before."""
        parent = self._parent(path, makes=False)
        if isinstance(parent, Node):
            parent.forget(path[-1])
            parent.removes[path[-1]] = None
        elif parent is not None:
            parent.pop(path[-1], None)

    def forget(self, key: str) -> None:
        """Take back what was done to a key."""
        self.sets.pop(key, None)
        self.removes.pop(key, None)
        node = self.inner.pop(key, None)
        if node is not None and node.makes:
            node.end()
            self.inner[key] = node

    def end(self) -> None:
        """Keep nothing of it but that it must have been an object, and those in it."""
        self.sets, self.removes, self.is_over = {}, {}, True
        self.inner = {key: node for key, node in self.inner.items() if node.makes}
        for node in self.inner.values():
            node.end()

    def _parent(self, path: Path, *, makes: bool = True) -> Any:
        """Give where a field's last key belongs: a node, or an object that is being set.

        None where there is nothing to remove.
        """
        node: Any = self
        for place, key in enumerate(path[:-1], 1):
            if isinstance(node, Node):
                if key in node.removes:
                    return None
                node = node.sets[key] if key in node.sets else node.inner.setdefault(key, Node())
            elif makes:
                node = node.setdefault(key, {})
            else:
                node = node.get(key)
            if not isinstance(node, Node | dict):
                if not makes:
                    return None
                raise _NoObjectError(path[:place])
        return node


class _NoObjectError(Exception):
    """A field is set within one that is set to something else."""


class Edit(NamedTuple):
    """A checked edit.

    Attributes:
        root: What is done to the metadata.
        shape: What the SQL depends on.
    """

    root: Node
    shape: EditShape

    def parts(self, what: str) -> dict[str, Any]:
        """Give the values of the SQL by name, JSON encoded: ``k``, ``s`` and ``r`` with a number.

        Raises:
            InvalidArgumentError: A value cannot be stored.
        """
        made: dict[str, Any] = {}
        for number, (path, node) in enumerate(self.root.nodes()):
            if path:
                made[f"k{number}"] = path[-1]
            if node.sets:
                root = f"set{''.join(f'[{key!a}]' for key in path[:3])}"
                made[f"s{number}"] = json_bytes(
                    node.sets, what, root, max_depth=MAX_DEPTH - len(path)
                )
            if node.removes:
                made[f"r{number}"] = list(node.removes)
        return made

    def path_of(self, number: int) -> Path:
        """Give the path of a node by its number in SQL."""
        return [path for path, _ in self.root.nodes()][number]


def checked_edit(
    set_: object, remove: object, what: str, text_fields: Sequence[str] = ()
) -> Edit | None:
    """Bring ``set`` and ``remove`` to one tree; None where they ask for nothing.

    Raises:
        InvalidArgumentError: A field or a value cannot be used, or a field is named twice.
    """
    if set_ is not None and not isinstance(set_, Mapping):
        msg = f"set of {what} must be a mapping of fields to values, not {type(set_).__name__}"
        raise InvalidArgumentError(msg)
    sets = [(_path(one, what), value) for one, value in (set_ or {}).items()]
    removes = [_path(one, what) for one in _removed(remove, what)]
    if not sets and not removes:
        return None
    paths = [path for path, _ in sets]
    for named, also in ((paths, paths), (removes, paths)):
        others = set(also)
        twice = (path for path in named if path in others)
        if named is paths:
            twice = (path for path, count in _counts(paths).items() if count > 1)
        for path in twice:
            where = "twice in set" if named is paths else "in set and in remove"
            raise InvalidArgumentError(f"{what} has field {show_field(path)} {where}: say it once")
    root = Node()
    for path, value in sets:
        # one within another is a part of the other's value, which is then a copy of ours
        alone = len(sets) + len(removes) == 1
        plain = value if alone else plain_json(value, what, f"set[{show_field(path)}]")
        try:
            root.set(path, plain)
        except _NoObjectError as error:
            msg = (
                f"{what} sets field {show_field(path)} within {show_field(error.args[0])}, which"
                " it sets to what is no object"
            )
            raise InvalidArgumentError(msg) from None
    for path in removes:
        root.remove(path)
    check_indexed(root.sets, lambda: what, text_fields)
    objects = sum(1 for _ in root.nodes())
    if objects > MAX_OBJECTS:
        msg = (
            f"{what} changes fields in {objects:,} objects of the metadata; one change takes"
            f" {MAX_OBJECTS}: give several, or set the fields that hold these objects"
        )
        raise InvalidArgumentError(msg)
    return Edit(root, root.shape())


def show_field(path: Sequence[str]) -> str:
    """Show a field in a message as a caller would write it."""
    if len(path) == 1:
        return shown(path[0])
    keys = [*map(shown, path[:_SHOWN_KEYS]), *(["..."] if len(path) > _SHOWN_KEYS else [])]
    return f"({', '.join(keys)})"


def _counts(paths: Iterable[Path]) -> dict[Path, int]:
    counts: dict[Path, int] = {}
    for path in paths:
        counts[path] = counts.get(path, 0) + 1
    return counts


def _removed(remove: object, what: str) -> Iterable[object]:
    if isinstance(remove, str | bytes | Mapping) or not isinstance(remove, Iterable):
        msg = (
            f"remove of {what} must be a list of fields, not {type(remove).__name__}: write"
            f' remove=["draft"]'
        )
        raise InvalidArgumentError(msg)
    return remove


def _path(given: object, what: str) -> Path:
    try:
        return field_keys(given)
    except Unusable as error:
        raise InvalidArgumentError(f"a field of {what}: {error.reason}") from None
