"""The libraries whose models can be kept as files, one handler each.

To add a library, write one small file with two functions and register it where that file is
imported, or from outside through :func:`register`:

* ``dump(model, trusted) -> FileContent`` writes the model without pickle, and raises
  UnsupportedError with the reason and the remedy where it cannot;
* ``load(data, trusted) -> model`` reads it and runs nothing that the file says;
* ``accepts(model)`` looks at types only: it imports nothing and calls nothing of the model;
* ``reads(data)`` knows the format by its first bytes;
* ``is_fitted(model)`` says whether it has learnt something, where scikit-learn's conventions do not;
* ``is_part`` says that its models may stand inside one of scikit-learn (see ``nested.py``).

The newest handler that accepts is used, so that a special one goes before a general one; those of
parts, which accept nothing but the classes of one library, go before all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .files import FileContent


@dataclass(frozen=True, slots=True)
class Handler:
    """How the models of one library are kept. ``name`` is the format's name in the file's detail."""

    name: str
    accepts: Callable[[Any], bool]
    dump: Callable[[Any, Sequence[str]], FileContent]
    reads: Callable[[bytes], bool]
    load: Callable[[bytes, Sequence[str]], Any]
    is_fitted: Callable[[Any], bool] | None = None
    is_part: bool = False


_handlers: list[Handler] = []


def register(handler: Handler) -> None:
    """Add a handler, in place of the one of the same name."""
    _handlers[:] = [handler, *(known for known in _handlers if known.name != handler.name)]


def for_model(model: Any) -> Handler | None:
    """Return the handler that keeps a model, or None."""
    return for_part(model) or next((handler for handler in _handlers if handler.accepts(model)), None)


def for_part(held: Any) -> Handler | None:
    """Return the handler that keeps a part of another model, or None."""
    return next((handler for handler in _handlers if handler.is_part and handler.accepts(held)), None)


def for_file(data: bytes) -> Handler | None:
    """Return the handler that reads a file, or None."""
    return next((handler for handler in _handlers if handler.reads(data)), None)


def names() -> tuple[str, ...]:
    """Return the names of the formats."""
    return tuple(handler.name for handler in _handlers)
