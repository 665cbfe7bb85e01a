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
    """Return a verb that takes words, and data for those that are variables of the notebook.

    A variable that holds data goes with its name and the file it was read from; one that holds text or
    a path means what the text says. Any other variable leaves the word as it is.
    """
    takes_data = parsing.data_parameters(verb)
    if not takes_data:
        return verb

    @wraps(verb)
    def call(*args: Any, **options: Any) -> Any:
        bound = parsing.bound(verb, args, options)
        asked = {name: bound.arguments[name] for name in takes_data if name in bound.arguments}
        for name, words in asked.items():
            many = isinstance(words, tuple)
            bound.arguments[name] = tuple(map(value_of, words)) if many else value_of(words)
        try:
            return verb(*bound.args, **bound.kwargs)
        except NotFoundError as error:
            raise _explained(error, asked) from None

    return call


def value_of(word: Any) -> Any:
    """Return the data, text or path of a variable, or the word itself."""
    from .. import data
    from ..datasets import Given

    value = _variable(word)
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if value is not None and (data.is_dataset(value) or type(value).__name__ == "LazyFrame"):
        return Given(value, word, _source(value))
    return word


def _variable(word: Any) -> Any:
    from IPython import get_ipython

    shell = get_ipython()
    is_name = shell is not None and isinstance(word, str) and word.isidentifier()
    return shell.user_ns.get(word) if is_name else None


def _source(value: Any) -> Source | None:
    from IPython import get_ipython

    extension = getattr(get_ipython(), _EXTENSION, None)
    return extension.sources.source_of(value) if extension is not None else None


def _explained(error: NotFoundError, asked: dict[str, Any]) -> NotFoundError:
    """Say of a word that names nothing, but is a variable, what the variable is."""
    for words in asked.values():
        for word in words if isinstance(words, tuple) else (words,):
            value = _variable(word)
            if value is not None and repr(word) in str(error):
                kind = type(value).__name__
                return NotFoundError(
                    f"the variable {word!r} is of type {kind}, which is no data; and {error}"
                )
    return error
