"""Models as skops files: scikit-learn and what keeps its conventions, without pickle.

skops writes what an object is made of, and builds it again from types that are trusted. Which types
those are is said in ``trusted.py`` and in the call, never in the file. We write the archive anew with
members numbered in order, so that the same model gives the same bytes and is stored once.
"""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ..errors import MlopsError, UnsupportedError
from . import container, nested, structure
from .facts import facts
from .files import FileContent
from .handlers import Handler, register
from .params import short_value
from .trusted import PARTIAL_OF, TRUSTED_TYPES
from .whereabouts import reasons

SUFFIX = ".skops"
MEDIA_TYPE = "application/vnd.skops+zip"
_PARTIAL = "functools.partial"
_ALTERNATIVES = {"Birch": "MiniBatchKMeans, BisectingKMeans or HDBSCAN"}


def accepts(model: Any) -> bool:
    """Whether a model keeps scikit-learn's conventions."""
    kind = type(model)
    return not issubclass(kind, type) and hasattr(kind, "fit") and hasattr(kind, "get_params")


def dump(model: Any, trusted: Sequence[str] = ()) -> FileContent:
    """Return a fitted model as a file; see :func:`mlops_jupyter.formats.dump_model`."""
    import sklearn
    import skops
    import skops.io

    kept, replaced = _without_distributions(model)
    kept, versions = nested.without_parts(kept)
    try:
        raw = skops.io.dumps(kept)
        named = set(skops.io.get_untrusted_types(data=raw))
    except Exception as error:  # skops raises many kinds, all of them for want of a way to write
        raise UnsupportedError(_cannot(model, error)) from error
    members = container.unpack_own(raw)
    schema = _numbered(json.loads(members.pop(container.SCHEMA)), members)
    refused = named - TRUSTED_TYPES - set(trusted) - _harmless_partial(schema)
    refused |= {name for name in named & set(trusted) if name.startswith("__main__.") or "<" in name}
    if refused:
        raise UnsupportedError(f"{type(model).__name__} cannot be saved: {reasons(model, refused)}")
    detail = {
        "format": "skops",
        "class": type(model).__name__,
        "sklearn": sklearn.__version__,
        "skops": skops.__version__,
        **versions,
        **facts(model),
        "types": sorted(named),
    }
    return FileContent(_archive(schema, members), MEDIA_TYPE, SUFFIX, detail | replaced)


def load(data: bytes, trusted: Sequence[str] = ()) -> Any:
    """Return the model of a file; see :func:`mlops_jupyter.formats.load_model`."""
    members = container.unpack(data)
    try:
        return _load(members, frozenset(trusted))
    except MlopsError:
        raise
    except Exception as error:
        message = f"this is not a model file that can be loaded: {type(error).__name__}: {error}"[:400]
        raise UnsupportedError(message) from error


def _load(members: dict[str, bytes], trusted: frozenset[str]) -> Any:
    import skops.io
    import skops.io.exceptions

    schema = json.loads(members[container.SCHEMA])
    if not isinstance(schema, dict):
        raise UnsupportedError("this is not a model file that can be loaded: its schema is no object")
    archive = container.pack(members, compressed=False)
    allowed = TRUSTED_TYPES | trusted | _harmless_partial(schema)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            model = skops.io.loads(archive, trusted=sorted(allowed))
        except skops.io.exceptions.UntrustedTypesFoundException as error:  # before anything is built
            raise _not_trusted(set(skops.io.get_untrusted_types(data=archive)) - allowed) from error
    structure.check(model)
    _pass_on(caught)
    return nested.with_parts(model)


def _not_trusted(names: set[str]) -> UnsupportedError:
    named = sorted(names)[:10]
    return UnsupportedError(
        f"the model file names types that are not trusted: {', '.join(named)}. "
        f"Nothing was loaded; where you know what they do, name them: trusted={named}"
    )


def _pass_on(caught: Sequence[warnings.WarningMessage]) -> None:
    """Say once what a forest would say a hundred times: that another version wrote the file."""
    for one in caught:
        versions = getattr(one.message, "original_sklearn_version", None)
        if versions is not None:
            here = getattr(one.message, "current_sklearn_version", "another version")
            words = f"saved by scikit-learn {versions}, and this is {here}: check its predictions"
            warnings.warn(f"the model was {words}", stacklevel=5)
            return


def _harmless_partial(schema: Any) -> set[str]:
    """Return the name of ``functools.partial`` where every one of a file is around a function of ours."""
    nodes = [node for node in _nodes(schema) if node.get("__module__") == "functools"]
    return {_PARTIAL} if nodes and all(map(_is_partial_of_ours, nodes)) else set()


def _is_partial_of_ours(node: dict[str, Any]) -> bool:
    function = node.get("content", {}).get("func", {}) if isinstance(node.get("content"), dict) else {}
    return (
        node.get("__loader__") == "PartialNode"
        and isinstance(function, dict)
        and function.get("__loader__") == "FunctionNode"
        and f"{function.get('__module__')}.{function.get('__class__')}" in PARTIAL_OF
    )


def _nodes(schema: Any) -> Iterator[dict[str, Any]]:
    waiting = [schema]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            yield part
            waiting.extend(reversed(part.values()))
        elif isinstance(part, list):
            waiting.extend(reversed(part))


def _numbered(schema: Any, members: dict[str, bytes]) -> Any:
    """Give shared objects and members numbers in the order of the schema, in place of memory addresses.

    Scalars need none: whether two of them are one object in memory means nothing.
    """
    nodes = list(_nodes(schema))
    seen = Counter(node.get("__id__") for node in nodes if node.get("__loader__") != "JsonNode")
    objects: dict[int, int] = {}
    files: dict[str, str] = {}
    for node in nodes:
        if isinstance(address := node.get("__id__"), int):
            if seen[address] > 1 and node.get("__loader__") != "JsonNode":
                node["__id__"] = objects.setdefault(address, len(objects) + 1)
            else:
                del node["__id__"]
        if isinstance(name := node.get("file"), str) and name in members:
            node["file"] = files.setdefault(name, f"{len(files) + 1}.{name.rpartition('.')[2]}")
    contents = [(new, members[old]) for old, new in files.items()]
    members.clear()
    members.update(contents)
    return schema


def _archive(schema: Any, members: dict[str, bytes]) -> bytes:
    """Return the file, uncompressed where it is so empty that it would be taken for a bomb."""
    text = json.dumps(schema, separators=(",", ":")).encode()
    everything = {container.SCHEMA: text, **members}
    container.check_size(everything)
    packed = container.pack(everything)
    if sum(map(len, everything.values())) > container.budget(len(packed)):
        packed = container.pack(everything, compressed=False)
    return packed


def _without_distributions(model: Any) -> tuple[Any, dict[str, Any]]:
    """Return a search whose frozen scipy distributions are text, since they can't be written, and say so.

    The search predicts the same; only fitting it again needs them.
    """
    asked: Any = getattr(model, "param_distributions", None)
    spaces: list[Any] = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(space, dict) for space in spaces):
        return model, {}
    replaced: list[str] = []
    texts = [
        {key: _distribution_text(key, value, replaced) for key, value in space.items()} for space in spaces
    ]
    if not replaced:
        return model, {}
    import copy

    kept = copy.copy(model)
    kept.param_distributions = texts if isinstance(asked, list) else texts[0]
    return kept, {"as_text": sorted(set(replaced))}


def _distribution_text(key: str, value: Any, replaced: list[str]) -> Any:
    if not type(value).__module__.startswith("scipy.stats"):
        return value
    replaced.append(f"param_distributions[{key!r}]")
    return short_value(value)


def _cannot(model: Any, error: Exception) -> str:
    name = type(model).__name__
    blocked = next((word for word in _ALTERNATIVES if word in str(error) or word == name), None)
    if blocked:
        instead = _ALTERNATIVES[blocked]
        return f"{name} cannot be saved: skops has no way to write {blocked}. Instead of it use {instead}"
    return f"{name} cannot be saved without pickle: {type(error).__name__}: {error}"[:400]


register(Handler("skops", accepts, dump, lambda data: data.startswith(b"PK\x03\x04"), load))
