"""Where in a model a type stands, in the words of the person who built it, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

_DEPTH = 12
_LIMIT = 200_000


def reasons(model: Any, names: Iterable[str]) -> str:
    """Return one sentence per type that a model file may not name: where it stands, and the remedy."""
    wanted = sorted(names)
    found: dict[str, str] = {}
    for place, held in _walk(model):
        name = full_name(held)
        if name in wanted and name not in found:
            found[name] = f"{place} is {_what(name)}" if place else _what(name)
    lines = [f"{found.get(name, _what(name))}; {_remedy(name)}" for name in wanted[:5]]
    return ". ".join(lines) + (f". And {len(wanted) - 5} more types" if len(wanted) > 5 else "")


def full_name(held: Any) -> str:
    """Return module and name: of a function or class itself, of the type of anything else."""
    named = held if isinstance(held, type) or (callable(held) and hasattr(held, "__name__")) else type(held)
    return f"{getattr(named, '__module__', None) or 'builtins'}.{named.__name__}"


def _what(name: str) -> str:
    module, _, short = name.rpartition(".")
    if short == "<lambda>":
        return "a lambda"
    return f"{short!r} of this notebook" if module == "__main__" else name


def _remedy(name: str) -> str:
    module, _, short = name.rpartition(".")
    if short == "<lambda>":
        return "use a named function of numpy or scipy instead, such as numpy.log1p"
    if module == "__main__":
        return f"move {short} into a module that can be imported, and name it: trusted=['module.{short}']"
    if module.startswith("scipy.stats"):
        return "save search.best_estimator_, which holds no distribution"
    return f"where you know what it does, name it: trusted=[{name!r}]"


def _walk(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a model holds, nearest first, each with its place."""
    waiting: list[tuple[str, Any, int]] = [("", model, 0)]
    seen: set[int] = set()
    while waiting and len(seen) < _LIMIT:
        place, held, depth = waiting.pop(0)
        if id(held) in seen:
            continue
        seen.add(id(held))
        yield place, held
        if depth < _DEPTH:
            waiting += [(inner_place, inner, depth + 1) for inner_place, inner in _parts(place, held)]


def _parts(place: str, held: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(held, dict):
        yield from ((_at(place, repr(key)), value) for key, value in held.items())
    elif isinstance(held, (list, tuple)):
        for position, part in enumerate(held):
            if isinstance(part, tuple) and len(part) > 1 and isinstance(part[0], str):
                yield from ((f"step {part[0]!r} ({type(part[1]).__name__})", inner) for inner in part[1:])
            else:
                yield _at(place, str(position)), part
    elif hasattr(held, "__dict__") and not isinstance(held, type) and not _is_function(held):
        yield from ((_named(place, name), value) for name, value in vars(held).items())


def _is_function(held: Any) -> bool:
    return callable(held) and hasattr(held, "__name__")


def _at(place: str, index: str) -> str:
    return f"{place}[{index}]" if place else f"item {index}"


def _named(place: str, name: str) -> str:
    if name in {"steps", "transformers", "transformer_list", "estimators"}:
        return place
    if not place:
        return name
    return f"{place}: {name}" if place.endswith(")") else f"{place}.{name}"
