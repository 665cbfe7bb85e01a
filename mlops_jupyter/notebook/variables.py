"""Variables of the notebook as arguments of verbs."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from .. import parsing
from ..errors import NotFoundError

if TYPE_CHECKING:
    from ..data.places import Source

_EXTENSION = "_mlops_jupyter"


def resolved(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Return a verb that takes words, and what they hold for those that are variables of the notebook.

    A variable that holds data goes with its name and the file it was read from, one with a model or with
    one value a row with its name; one that holds text or a path means what the text says. Any other
    variable leaves the word as it is.
    """
    kinds = parsing.variable_parameters(verb)
    if not kinds:
        return verb

    @wraps(verb)
    def call(*args: Any, **options: Any) -> Any:
        bound = parsing.bound(verb, args, options)
        asked = {name: bound.arguments[name] for name in kinds if name in bound.arguments}
        for name, words in asked.items():
            many, kind = isinstance(words, tuple), kinds[name]
            bound.arguments[name] = (
                tuple(value_of(word, kind) for word in words) if many else value_of(words, kind)
            )
        try:
            return verb(*bound.args, **bound.kwargs)
        except NotFoundError as error:
            raise _explained(error, asked, kinds) from None

    return call


def value_of(word: Any, kind: parsing.Kind = "data") -> Any:
    """Return the data, model, values, text or path of a variable, or the word itself."""
    from ..datasets import Given

    value = _variable(word)
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if value is None or not _IS_ONE[kind](value):
        return word
    return Given(value, word, _source(value) if kind == "data" else None)


def _is_data(value: Any) -> bool:
    from .. import data

    return data.is_dataset(value) or type(value).__name__ == "LazyFrame"


def _is_model(value: Any) -> bool:
    """Return whether something predicts, or is a function that does."""
    return not isinstance(value, type) and (callable(getattr(value, "predict", None)) or callable(value))


def _is_values(value: Any) -> bool:
    """Return whether something holds one value a row: a series, an array, a list."""
    return isinstance(value, (list, tuple, range)) or _is_data(value)


_IS_ONE: dict[parsing.Kind, Callable[[Any], bool]] = {
    "data": _is_data,
    "model": _is_model,
    "values": _is_values,
}
_CALLED: dict[parsing.Kind, str] = {"data": "data", "model": "model", "values": "value for each row"}


def _variable(word: Any) -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    is_name = shell is not None and isinstance(word, str) and word.isidentifier()
    return shell.user_ns.get(word) if is_name else None


def _source(value: Any) -> Source | None:
    from IPython import get_ipython

    extension = getattr(get_ipython(), _EXTENSION, None)
    return extension.sources.source_of(value) if extension is not None else None


def _explained(error: NotFoundError, asked: dict[str, Any], kinds: dict[str, parsing.Kind]) -> NotFoundError:
    """Say of a word that names nothing, but is a variable, what the variable is."""
    for name, words in asked.items():
        for word in words if isinstance(words, tuple) else (words,):
            value = _variable(word)
            if value is not None and repr(word) in str(error):
                what = f"of type {type(value).__name__}, which is no {_CALLED[kinds[name]]}"
                return NotFoundError(f"the variable {word!r} is {what}; and {error}")
    return error
