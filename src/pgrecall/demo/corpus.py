"""The demo's texts: the documentation of Python's own standard library, which every machine has."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import pkgutil
import re
import sys
import warnings
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pgrecall.demo.summary import summary
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from types import ModuleType

__all__ = ["PYTHON", "collect", "modules", "summary"]

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python whose library is told: ``"3.13"``."""

# Importing these does something: it opens a browser, prints a poem, runs a test. The others are
# parts, tables and tools of another module, which nobody calls.
_SKIPPED = frozenset(
    {"antigravity", "this", "idlelib", "turtledemo", "test", "tests", "lib2to3", "ensurepip"}
    | {"encodings", "pydoc_data", "nt", "ntpath", "nturl2path", "distutils", "site"}
    | {"sre_compile", "sre_constants", "sre_parse", "rlcompleter", "cElementTree"}
)
_RENAMED = {"posixpath": "os.path", "posix": "os"}
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_EMPTY_WORDS = re.compile(
    r"Alias for field number|Structure/Union member|Internal function|An enumeration\.$"
    r"|\*\*DEPRECATED|Deprecated AST node|exception \w+$"
)


class _Found(NamedTuple):
    name: str
    kind: str
    module: str
    value: object
    doc: str


def modules() -> list[str]:
    """Name the public modules of this Python's standard library, submodules included.

    Packages are imported to find their submodules; those whose import does something are left out.
    """
    return [
        name
        for top in sorted(sys.stdlib_module_names - _SKIPPED)
        if not top.startswith("_") and _is_standard(top)
        for name in _with_submodules(top)
    ]


def collect(names: Sequence[str]) -> Iterator[list[Item]]:
    """Read the documentation of every public object of some modules.

    A module that cannot be imported here has none. An object is told once, by the name that people
    write: the package's that exports it, else that of the module that defines it or, where that is
    private, of the likeliest that has it.

    Args:
        names: Modules, such as those of ``modules()``; all of those are some 7,000 items.

    Yields:
        For each name in turn: its items, without vectors. An item's id is the object's name, its
        text the name with its signature, the documentation and the name's words, with an empty line
        between; its metadata hold ``module``, ``kind`` (``module``, ``class``, ``function`` or
        ``method``) and ``python``.
    """
    imported = [_import(name) for name in names]
    homes = _homes([module for module in imported if module])
    told: set[int] = set()
    taken: set[str] = set()
    for module in imported:
        items = []
        for found in _objects(module, homes) if module else ():
            if id(found.value) not in told and found.name not in taken:
                told.add(id(found.value))
                taken.add(found.name)
                items.append(_item(found))
        yield items


def _is_standard(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    if spec is None:
        return False
    if not spec.has_location or spec.origin is None:
        return True  # built in or frozen
    here = Path(spec.origin).resolve()
    homes = {Path(sys.base_prefix).resolve(), Path(sys.base_exec_prefix).resolve()}
    return any(map(here.is_relative_to, homes)) and "site-packages" not in here.parts


def _with_submodules(name: str) -> Iterator[str]:
    yield name
    module = _import(name)
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if not found.name.startswith("_") and found.name not in _SKIPPED:
            yield from _with_submodules(f"{name}.{found.name}")


def _import(name: str) -> ModuleType | None:
    quiet = contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())
    with quiet[0], quiet[1], warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit):  # noqa: BLE001  # whatever it is, the module is not here
            return None


def _homes(modules: Sequence[ModuleType]) -> dict[int, str]:
    best: dict[int, tuple[int, int, str]] = {}
    for module in modules:
        name, exported = module.__name__, frozenset(getattr(module, "__all__", ()))
        for key, value in _public_objects(module):
            origin = getattr(value, "__module__", None) or name
            if name == "builtins" or (key in exported and origin.startswith(f"{name}.")):
                rank = 0  # a package exports it from one of its modules: asyncio.wait_for
            elif origin == name:
                rank = 1
            elif origin == f"_{name}" or origin.startswith(f"{name}._"):
                rank = 2
            else:
                rank = 3 if key in exported else 4
            place = rank, name.count("."), name
            best[id(value)] = min(place, best.get(id(value), place))
    return {key: name for key, (_, _, name) in best.items()}


def _objects(module: ModuleType, homes: Mapping[int, str]) -> Iterator[_Found]:
    public = _public_name(module)
    prefix = "" if public == "builtins" else f"{public}."
    if doc := _doc(module.__doc__):
        yield _Found(public, "module", public, module, doc)
    for name, value in _public_objects(module):
        if homes[id(value)] != module.__name__:
            continue
        if inspect.isclass(value):
            yield from _class(prefix + name, public, value)
        elif doc := _doc(getattr(value, "__doc__", None)):
            yield _Found(prefix + name, "function", public, value, doc)


def _public_name(module: ModuleType) -> str:
    return _RENAMED.get(module.__name__, module.__name__)


def _public_objects(module: ModuleType) -> Iterator[tuple[str, object]]:
    for name, value in _own_names_first(vars(module)):
        if not name.startswith("_") and (inspect.isclass(value) or inspect.isroutine(value)):
            yield name, value


def _class(name: str, module: str, value: type) -> Iterator[_Found]:
    members: Mapping[str, object] = vars(value)
    if doc := _doc(members.get("__doc__")):
        yield _Found(name, "class", module, value, doc)
    for key, member in _own_names_first(members):
        if key.startswith("_"):
            continue
        plain = member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
        path = f"{name}.{key}"
        if inspect.isclass(plain):
            if plain.__qualname__ == f"{value.__qualname__}.{key}":
                yield from _class(path, module, plain)
        elif not (inspect.isroutine(plain) or inspect.isdatadescriptor(plain)):
            continue
        elif doc := _doc(getattr(plain, "__doc__", None)):
            yield _Found(path, "method", module, plain, doc)


def _own_names_first(members: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted(members.items(), key=lambda m: (getattr(m[1], "__name__", m[0]) != m[0], m[0]))


def _doc(doc: object) -> str:
    text = inspect.cleandoc(doc).strip() if isinstance(doc, str) else ""
    text = _ADDRESS.sub("", text).replace("\0", "")
    return "" if _EMPTY_WORDS.match(text) else text


def _item(found: _Found) -> Item:
    # PostgreSQL's parser takes a dotted name for a host's: its words are found one by one here
    words = re.sub(r"[._]+", " ", found.name).strip()
    text = f"{found.name}{_signature(found.value)}\n\n{found.doc}\n\n{words}"
    metadata = {"module": found.module, "kind": found.kind, "python": PYTHON}
    return Item(id=found.name, vector=None, text=text, metadata=metadata)


def _signature(value: object) -> str:
    if not callable(value):
        return ""
    try:
        signature = inspect.signature(value)
    except Exception:  # noqa: BLE001  # written in C: it has none, or one that cannot be read
        return ""
    parameters = [_without_machine(parameter) for parameter in signature.parameters.values()]
    return _ADDRESS.sub("", str(signature.replace(parameters=parameters)))


def _without_machine(parameter: inspect.Parameter) -> inspect.Parameter:
    # other defaults tell of this machine and process: cgi.parse has the whole environment as one
    default = parameter.default
    constant = default is None or isinstance(default, (str, bytes, bool, int, float, complex, Enum))
    empty = isinstance(default, (tuple, list, dict, frozenset)) and not default
    installed = isinstance(default, str) and (sys.prefix in default or sys.base_prefix in default)
    if (constant and not installed) or empty or default is inspect.Parameter.empty:
        return parameter
    return parameter.replace(default=_ELIDED)


class _Elided:
    def __repr__(self) -> str:
        return "..."


_ELIDED = _Elided()
